from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import UDP
from scapy.packet import Packet, Raw
from scapy.utils import rdpcap

from harness.capture.layers import load
from harness.capture.layers.gossip import (
    Memberlist,
    MemberlistCompound,
    MemberlistCompress,
    MemberlistCrc,
    MemberlistLabel,
    MemberlistMessage,
    MemberlistUser,
    Serf,
)
from harness.capture.protocols import memberlist
from harness.capture.protocols.malformed import Malformed
from tests.capture import encode

SERF = Path(__file__).parents[1] / "data" / "serf-0.9.4-node-death.pcap"


def layers(packet: Packet) -> Iterator[Any]:
    yield packet
    if isinstance(packet, MemberlistCompound):
        for part in packet.parts:
            yield from layers(part)
    elif isinstance(packet, MemberlistCompress):
        yield from layers(packet.unpacked)
    elif packet.payload:
        yield from layers(packet.payload)


def test_scapy_shows_all_layers_of_real_members() -> None:
    load(raft=(), gossip=(27946, 27947, 27948))
    packets = [packet[UDP].payload for packet in rdpcap(str(SERF)) if UDP in packet]
    kinds = Counter(type(layer) for packet in packets for layer in layers(packet))
    assert (len(packets), kinds[MemberlistCrc], kinds[MemberlistCompress], kinds[MemberlistCompound]) == (
        110,
        44,
        14,
        31,
    )
    assert not kinds[Raw]
    assert kinds[Serf] == kinds[MemberlistUser] > 0
    for packet in packets:
        assert bytes(packet) == packet.original


def test_what_is_made_is_read_by_the_decoder() -> None:
    ping = MemberlistMessage(type=0, fields={"SeqNo": 300, "Node": b"node02"})
    joined = MemberlistUser() / Serf(type=1, fields={"LTime": 70000, "Node": "node03"})
    made = MemberlistCrc() / MemberlistLabel(label=b"lab") / MemberlistCompound(parts=[ping, joined])
    found = memberlist.parse(bytes(made))
    kinds = memberlist.MessageType
    assert found.layers == (kinds.CRC, kinds.LABEL, kinds.COMPOUND)
    assert (found.messages[0].number("SeqNo"), found.messages[0].text("Node")) == (300, "node02")
    again = Memberlist(bytes(made))
    assert again.payload.payload.parts[1].payload.getfieldval("fields") == {"LTime": 70000, "Node": b"node03"}


def test_what_is_packed_is_unpacked() -> None:
    packed = Memberlist(encode.compressed(encode.gossip(2, {"SeqNo": 5})))
    assert isinstance(packed, MemberlistCompress)
    assert packed.unpacked.getfieldval("fields") == {"SeqNo": 5}
    with pytest.raises(Malformed, match="packed gossip without octets in it"):
        _ = MemberlistCompress(fields={}).unpacked


@given(st.binary(max_size=60), st.sampled_from([0, 7, 8, 9, 10, 12, 244]))
def test_scapy_survives_any_octets_on_a_port(tail: bytes, kind: int) -> None:
    load()
    octets = bytes(UDP(sport=5, dport=7946) / Raw(bytes((kind,)) + tail))
    assert bytes(UDP(octets))[:4] == octets[:4]
