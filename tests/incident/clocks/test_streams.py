from __future__ import annotations

import pytest

from harness.incident.clocks.streams import Streams
from tests.incident.records import Journal

PLAIN = "etcdserver/membership: added member 7c6b2d [http://10.0.0.2:2380] to cluster 9c7b"
ZAP = '"msg":"added member","local-member-id":"af2","added-peer-id":"7c6b2d","added-peer-peer-urls":["https://10.0.0.2:2380"]'
SIX = "etcdserver/membership: added member 7c6b2d [http://[fd00::2]:2380] to cluster 9c7b"


def streams(added: str, own: str) -> Streams:
    journal = Journal("db1").says(1, f"embed: advertise client URLs = {own}", by="etcd").says(2, added, by="etcd")
    return Streams(line.entry for line in journal.lines)


@pytest.mark.parametrize(
    "added, own, ends",
    [
        (PLAIN, "http://10.0.0.1:2379", ("10.0.0.1", "10.0.0.2")),
        (ZAP, "https://10.0.0.1:2379", ("10.0.0.1", "10.0.0.2")),
        (SIX, "http://[fd00::1]:2379", ("fd00::1", "fd00::2")),
    ],
)
def test_a_stream_to_a_member_is_one_between_two_addresses(added: str, own: str, ends: tuple[str, str]) -> None:
    known = streams(added, own)
    assert list(known.known("db1", [("ended", 0x7C6B2D)])) == [("ended", 0x7C6B2D), ("ended", *ends, 2380)]


def test_what_is_about_nobody_known_stays_as_it_is() -> None:
    known = streams(PLAIN, "http://10.0.0.1:2379")
    keys = [("opened", 0x99), ("candidate", 0x7C6B2D, 4), ("client", "10.0.0.9:40000")]
    assert list(known.known("db1", keys)) == keys
    assert list(known.known("db9", [("opened", 0x7C6B2D)])) == [("opened", 0x7C6B2D)]
