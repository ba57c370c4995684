from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from harness.incident.files.columns import PacketColumns
from harness.incident.packet import Packet

WORDS = st.text(string.ascii_lowercase, max_size=2)
PORTS = st.integers(0, 2**16 - 1)
NUMBERS = st.integers(0, 2**32 - 1)
PACKETS = st.builds(
    Packet,
    time=st.integers(0, 2**62),
    capture=st.sampled_from(["a.pcap", "b.pcap"]),
    link=WORDS,
    frame=NUMBERS,
    src_mac=WORDS,
    dst_mac=WORDS,
    vlans=st.lists(PORTS, max_size=2).map(tuple),
    src=WORDS,
    dst=WORDS,
    carries=WORDS,
    src_port=PORTS,
    dst_port=PORTS,
    flags=st.integers(0, 255),
    seq=NUMBERS,
    ack=NUMBERS,
    payload=NUMBERS,
    identity=st.integers(0, 2**63),
    stamp=NUMBERS,
    twice=NUMBERS,
    number=st.integers(0, 2**16 - 1),
)


def columns(packets: list[Packet]) -> PacketColumns:
    made = PacketColumns()
    for one in packets:
        made.append(one)
    return made


@given(st.lists(PACKETS))
def test_what_comes_out_is_what_went_in(packets: list[Packet]) -> None:
    made = columns(packets)
    assert len(made) == len(packets)
    assert list(made) == packets
    assert made[1:3] == packets[1:3]
    assert [made[at] for at in range(-len(packets), len(packets))] == packets * 2


@given(st.lists(PACKETS), st.integers(-(10**12), 10**12))
def test_packets_are_put_in_order_on_another_clock(packets: list[Packet], offset: int) -> None:
    made = columns(packets)
    made.put_in_order({"a.pcap": lambda time: time + offset})
    moved = [one._replace(time=one.time + offset) if one.capture == "a.pcap" else one for one in packets]
    assert list(made) == sorted(moved, key=lambda one: one.time)


@given(st.lists(PACKETS))
def test_other_ends_stand_where_packets_had_theirs(packets: list[Packet]) -> None:
    ends = {("a", 1): ("x", 2), ("", 0): ("y", 7)}
    made = columns(packets)
    made.rehome(ends)
    for one, was in zip(made, packets, strict=True):
        assert (one.src, one.src_port) == ends.get((was.src, was.src_port), (was.src, was.src_port))
        assert (one.dst, one.dst_port) == ends.get((was.dst, was.dst_port), (was.dst, was.dst_port))
        assert one._replace(src="", dst="", src_port=0, dst_port=0) == was._replace(
            src="", dst="", src_port=0, dst_port=0
        )
    assert made.addresses() >= {end for one in made for end in (one.src, one.dst)}


@given(st.lists(PACKETS))
def test_who_talks_to_itself_is_told(packets: list[Packet]) -> None:
    own = [(one.carries, one.src, one.src_port, one.dst_port) for one in packets if one.src == one.dst]
    assert list(columns(packets).among_themselves()) == own
