from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture import events as ev
from harness.capture.dissector import Dissector
from tests.capture import build
from tests.capture.build import CLIENT, CLIENT6, SERVER, SERVER6, ethernet, number
from tests.capture.peer import ICMP, IP, UDP, ICMPv6EchoRequest, ICMPv6PacketTooBig, IPv6, octets

if TYPE_CHECKING:
    from scapy.packet import Packet

    from harness.capture.events import Event

LOST = octets(IP(src=SERVER, dst=CLIENT, len=1500) / UDP(sport=4789, dport=40000))


def dissect(*packets: Packet) -> list[Event]:
    dissector = Dissector()
    frames = number([ethernet(build.ipv4(octets(packet), protocol=1)) for packet in packets])
    return [event for frame in frames for event in dissector.frame(frame)]


def test_a_ping_and_its_answer_are_told() -> None:
    ask, answer = dissect(ICMP(type=8, id=7, seq=2) / b"data", ICMP(type=0, id=7, seq=2) / b"data")
    assert isinstance(ask, ev.IcmpEchoRequest)
    assert isinstance(answer, ev.IcmpEchoReply)
    assert (ask.type, ask.identifier, ask.sequence, ask.length, ask.src) == (8, 7, 2, 4, CLIENT)
    assert ask.standard() == {"ident": 7, "seq": 2}


def test_what_did_not_get_through_is_told_with_its_parties() -> None:
    errors = [ICMP(type=3, code=4, nexthopmtu=1400), ICMP(type=3, code=1), ICMP(type=11), ICMP(type=5, gw="10.0.0.9")]
    events = dissect(*(error / LOST for error in errors))
    kinds = [ev.IcmpPacketTooBig, ev.IcmpUnreachable, ev.IcmpTimeExceeded, ev.IcmpRedirect]
    assert [type(event) for event in events] == kinds
    for event in events:
        assert isinstance(event, ev.IcmpQuoting)
        assert (event.quoted_protocol, event.quoted_length) == (17, 1500)
        assert (event.quoted_src, event.quoted_src_port) == (SERVER, 4789)
        assert (event.quoted_dst, event.quoted_dst_port) == (CLIENT, 40000)
    too_big, redirect = events[0], events[3]
    assert isinstance(too_big, ev.IcmpPacketTooBig)
    assert too_big.mtu == 1400
    assert isinstance(redirect, ev.IcmpRedirect)
    assert redirect.gateway == "10.0.0.9"


def test_an_error_that_quotes_nothing_has_no_parties() -> None:
    (event,) = dissect(ICMP(type=3, code=3))
    assert isinstance(event, ev.IcmpUnreachable)
    assert (event.quoted_protocol, event.quoted_src, event.reason) == (None, "", "port unreachable")


def test_icmpv6_is_told_too_and_its_neighbour_discovery_passed_over() -> None:
    lost = octets(IPv6(src=CLIENT6, dst=SERVER6, plen=1460) / UDP(sport=1, dport=2))
    messages = [
        octets(ICMPv6EchoRequest(id=1, seq=2)),
        octets(ICMPv6PacketTooBig(mtu=1280) / lost),
        b"\x87" + bytes(23),
    ]
    packets = [ethernet(build.ipv6(message, protocol=58), ethertype=0x86DD) for message in messages]
    dissector = Dissector()
    events = [event for frame in number(packets) for event in dissector.frame(frame)]
    assert [event.kind for event in events] == ["icmp-echo-request", "icmp-packet-too-big"]
    assert (events[1].src, events[1].dst) == (CLIENT6, SERVER6)


def test_other_messages_are_none_of_ours() -> None:
    assert dissect(ICMP(type=13)) == []
