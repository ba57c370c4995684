from __future__ import annotations

from harness.capture.conversations.datagram import endpoint


def test_an_address_becomes_what_events_show() -> None:
    assert str(endpoint((b"\x0a\x00\xc8\x0a", 2381))) == "10.0.200.10:2381"
