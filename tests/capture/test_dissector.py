from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture import notes
from harness.capture.conversations import gossip
from harness.capture.dissector import Dissector, Ports
from harness.capture.events import (
    Event,
    GossipPing,
    HttpRequest,
    Origin,
    Undecodable,
)
from harness.capture.frames import Frame
from harness.capture.notes import Note
from tests.capture import build, encode
from tests.capture.build import CLIENT, SERVER, datagram, ethernet, ipv6, number
from tests.capture.peer import BOOTP, DHCP, octets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DISCOVER = octets(BOOTP(chaddr=build.mac(build.CLIENT_MAC)) / DHCP(options=[("message-type", 1), "end"]))


def dissect(packets: Iterable[bytes], ports: Ports | None = None) -> list[Event]:
    dissector = Dissector(ports)
    return [event for frame in number(packets) for event in dissector.frame(frame)]


def test_gossip_is_told_on_the_ports_that_are_given() -> None:
    packet = datagram(encode.gossip(0, {"SeqNo": 7, "Node": b"node02"}), to=(SERVER, 9999))
    (event,) = dissect([packet], Ports(gossip=frozenset({9999})))
    assert isinstance(event, GossipPing)
    assert (event.node, event.sequence, event.port) == ("node02", 7, 9999)
    assert dissect([packet]) == []


@pytest.mark.parametrize(
    "packet, reason",
    [
        (b"short", "a frame of 5 bytes has no Ethernet header of 14"),
        (ethernet(b"\x45"), "1 bytes are no IPv4 header of at least 20"),
        (ethernet(build.ipv4(b"1234", protocol=6)), "4 bytes are no TCP header of at least 20"),
        (datagram(b"nonsense", to=(SERVER, 67)), "8 bytes without DHCP's cookie at byte 236"),
        (datagram(b"\0\x63nonsense", to=(SERVER, 69)), "TFTP operation 99 of 10 bytes"),
    ],
)
def test_what_can_not_be_read_is_told_with_its_reason(packet: bytes, reason: str) -> None:
    (event,) = dissect([packet])
    assert isinstance(event, Undecodable)
    assert event.reason == reason
    assert event.frame == 1


def test_a_datagram_that_was_captured_in_part_is_told() -> None:
    packet = datagram(DISCOVER, to=(SERVER, 67))
    (event,) = Dissector().frame(Frame(1, 0, "segment", packet[:100], len(packet)))
    assert isinstance(event, Undecodable)
    assert event.reason == f"only 58 of a datagram's {len(DISCOVER)} bytes were captured"


def test_a_mistake_of_a_decoder_is_told_and_what_it_had_found_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_datagram: object) -> Iterator[Event]:
        yield Undecodable(*Origin(1, "segment", 1, "", ""), "gossip", "before")
        raise KeyError("oops")

    monkeypatch.setattr(gossip, "follow", broken)
    events = dissect([datagram(b"x", to=(SERVER, 7946))])
    assert [event.reason for event in events if isinstance(event, Undecodable)] == [
        "before",
        "the decoder failed: KeyError: 'oops'",
    ]


heads = st.sampled_from(
    [
        b"",
        ethernet(b""),
        ethernet(b"", ethertype=0x0806),
        ethernet(b"", ethertype=0x8100),
        ethernet(b"", ethertype=0x86DD),
        ethernet(ipv6(b"", protocol=44)),
        ethernet(ipv6(b"", protocol=58)),
        ethernet(build.ipv4(b"", protocol=1)),
        ethernet(build.ipv4(b"", protocol=17, flags=0x2000)),
        datagram(b"\x08" + bytes(7) + datagram(b"\x08" + bytes(7), to=(SERVER, 8472)), to=(SERVER, 4789)),
        *(datagram(b"", to=(SERVER, port)) for port in (67, 69, 7946)),
        ethernet(build.ipv4(build.tcp(b"", source=5, to=2380, sequence=9), protocol=6)),
        ethernet(build.ipv4(build.tcp(b"", source=80, to=5, sequence=9), protocol=6)),
    ]
)


@given(st.lists(st.builds(bytes.__add__, heads, st.binary(max_size=60)), max_size=6))
def test_no_octets_make_a_decoder_fail(packets: list[bytes]) -> None:
    dissector = Dissector()
    events = [event for frame in number(packets) for event in dissector.frame(frame)]
    events += dissector.finish()
    reasons = [event.reason for event in events if isinstance(event, Undecodable)]
    assert not [reason for reason in reasons if "the decoder failed" in reason]


@given(
    st.lists(st.tuples(st.binary(max_size=80), st.booleans(), st.integers(0, 3), st.integers(0, 2**32)), max_size=8),
    st.sampled_from([80, 2380]),
)
def test_no_segments_make_a_decoder_fail(segments: list[tuple[bytes, bool, int, int]], port: int) -> None:
    packets = []
    for payload, by_client, jump, acknowledged in segments:
        source, to = (50000, port) if by_client else (port, 50000)
        flags = (build.ACK, build.ACK | build.SYN, build.ACK | build.FIN, build.ACK | build.RST)[jump]
        inner = build.tcp(
            payload, source=source, to=to, sequence=100 + 30 * jump, acknowledged=acknowledged, flags=flags
        )
        sender, receiver = (CLIENT, SERVER) if by_client else (SERVER, CLIENT)
        packets.append(ethernet(build.ipv4(inner, protocol=6, source=sender, to=receiver)))
    dissector = Dissector()
    events = [event for frame in number(packets) for event in dissector.frame(frame)]
    events += dissector.finish()
    reasons = [event.reason for event in events if isinstance(event, Undecodable)]
    assert not [reason for reason in reasons if "the decoder failed" in reason]


def test_connections_of_machines_that_were_put_back_go_on_from_there() -> None:
    connection = build.Connection()
    connection.open()
    connection.client(b"GET /one HTTP/1.1\r\n\r\n")
    first = list(connection.segments)
    connection.client(b"GET /two HTTP/1.1\r\n\r\n")
    said = connection.segments[len(first) :]
    restored = notes.frame_of(Note(notes.RESTORE, ("node01",)))
    dissector = Dissector()
    events: list[Event] = []
    for count, data in enumerate([*first, *said, restored, *said], 1):
        link = notes.LINK if data is restored else "segment"
        events += dissector.frame(Frame(count, count, link, data, len(data)))
    assert [event.target for event in events if isinstance(event, HttpRequest)] == ["/one", "/two", "/two"]
