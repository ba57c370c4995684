from __future__ import annotations

from harness.incident.unread import Unread


def test_it_says_where_and_why() -> None:
    assert str(Unread("a.pcap", "an empty file")) == "a.pcap: an empty file"
    assert str(Unread("node01.json", "no JSON", 7)) == "node01.json:7: no JSON"
