from __future__ import annotations

import pytest

from harness.incident.scrub.tftp_packets import scrubbed
from tests.incident.scrub.tools import text, twice


@pytest.mark.parametrize(
    "packet,expected",
    [
        (b"\0\1ipxe.efi\0octet\0tsize\x000\0", b"\0\1ipxe.efi\0octet\0tsize\x000\0"),
        (b"\0\3\0\1kernel", b"\0\3\0\1" + bytes(6)),
        (b"\0\4\0\1", b"\0\4\0\1"),
        (b"\0\6tsize\x00850528\0", b"\0\6tsize\x00850528\0"),
        (b"\0\5\0\1File not found\0", b"\0\5\0\1File not found\0"),
        (b"\0\x09what", None),
        (b"\7\1x\0", None),
        (b"", None),
    ],
)
def test_how_far_a_transfer_came_stays(packet: bytes, expected: bytes | None) -> None:
    assert scrubbed(packet, text()) == expected


def test_names_of_files_are_replaced_where_they_say_something() -> None:
    asked = b"\0\1acme/10.0.0.1/vmlinuz\0octet\0"
    means = text()
    twice(means, lambda: scrubbed(asked, means))
    found = scrubbed(asked, means)
    assert found is not None
    assert len(found) == len(asked)
    assert found.rstrip(b"\0").endswith(b"octet")
    assert b"acme" not in found
    assert b"10.0.0.1" not in found
    assert b"vmlinuz" in found
