from __future__ import annotations

import pytest

from harness.capture.dissector import Ports
from harness.capture.files.reader import open_reader
from harness.capture.frames import Frame
from harness.incident.files.spoken_ports import Dialled, Spoken, is_gossip, spoken, together
from tests.capture import build, encode
from tests.incident.field import said
from tests.incident.files.test_folder import CAPTURES

STREAM = b"GET /raft/stream/message/1 HTTP/1.1\r\nX-PeerURLs: http://10.0.0.1:12380,http://a:1\r\n\r\n"
CLIENT, SERVER = ("10.0.0.1", 40000), ("10.0.0.2", 22380)


def asked(head: bytes) -> Spoken:
    return spoken([said(CLIENT[0], SERVER[0], ports=(CLIENT[1], SERVER[1]), payload=head)])


def test_who_dials_a_member_of_raft_says_where_it_listens() -> None:
    found = asked(STREAM)
    assert found.dialled == {Dialled(CLIENT, SERVER, ("10.0.0.1", 12380))}
    assert found.ports == Ports(raft=Ports().raft | {22380})


@pytest.mark.parametrize("urls", [b"X-Other: 1", b"X-PeerURLs: http://a:b", b"X-PeerURLs: http://[::", b"nothing"])
def test_who_does_not_say_so_has_dialled_all_the_same(urls: bytes) -> None:
    assert asked(b"GET /raft/probing HTTP/1.1\r\n" + urls + b"\r\n\r\n").dialled == {Dialled(CLIENT, SERVER, None)}


def test_other_requests_are_none_of_rafts() -> None:
    assert asked(b"GET /members HTTP/1.1\r\n\r\n") == Spoken(Ports())


PING = encode.gossip(0, {"SeqNo": 7, "Node": b"n1"})


@pytest.mark.parametrize(
    "payload, gossips",
    [
        (PING, True),
        (encode.with_crc(encode.gossip(2, {"SeqNo": 7})), True),
        (b"\xf4\x03lab" + PING, True),
        (b"\x0c\x00\x00\x00\x00something else", False),
        (b"\x0c", False),
        (b"", False),
        (b"\x00\x00\x00\x07", False),
    ],
)
def test_gossip_is_told_by_its_checksum_or_its_probes(payload: bytes, *, gossips: bool) -> None:
    assert is_gossip(payload) is gossips


def test_gossip_is_found_on_any_port_of_a_real_capture() -> None:
    with (CAPTURES / "serf-0.9.4-node-death.pcap").open("rb") as file:
        found = spoken(open_reader(file, "serf"))
    assert found.ports.gossip - Ports().gossip == {27946, 27947, 27948}


def test_frames_that_cannot_be_read_tell_nothing() -> None:
    arp, short = build.ethernet(bytes(28), ethertype=0x0806), build.ethernet(b"\x45")
    whole = said(*CLIENT[:1], *SERVER[:1], payload=STREAM).data
    frames = [Frame(1, 0, "eth0", data, len(data)) for data in (arp, short, b"", whole[:40])]
    assert spoken(frames) == Spoken(Ports())


def test_several_captures_tell_together() -> None:
    one, other = Spoken(Ports(gossip=frozenset({1}))), asked(STREAM)
    assert together([one, other]).ports == Ports(raft=Ports().raft | {22380}, gossip=Ports().gossip | {1})
    assert together([]) == Spoken(Ports())
