from __future__ import annotations

import random
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.conversations import dhcp
from harness.capture.dissector import Dissector
from harness.capture.events import DhcpDiscover, IpGap
from harness.capture.protocols import ethernet, ipv4
from harness.capture.reassembly import fragments as under_test
from harness.capture.reassembly.fragments import Fragments
from tests.capture import build
from tests.capture.build import MILLISECOND, SERVER, fragments, number
from tests.capture.peer import BOOTP, DHCP, octets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.capture.events import Event
    from harness.capture.frames import Frame

DISCOVER = octets(BOOTP(chaddr=build.mac(build.CLIENT_MAC)) / DHCP(options=[("message-type", 1), "end"]))
DATAGRAM = build.udp(DISCOVER, source=68, to=67)


def put_together(frames: Sequence[Frame]) -> tuple[list[bytes], list[IpGap]]:
    collector = Fragments()
    wholes, gaps = [], []
    for frame in frames:
        packet = ipv4.parse(frame.data, ethernet.HEADER, frame.length)
        whole, given_up = collector.add(frame, ethernet.HEADER, packet)
        gaps += given_up
        if whole is not None:
            found = ipv4.parse(whole.data, ethernet.HEADER, whole.length)
            assert not found.fragment
            wholes.append(whole.data[found.start : found.end])
    return wholes, [*gaps, *collector.finish()]


def cut_up(payload: bytes, size: int, **said: int) -> list[Frame]:
    return number([build.ethernet(packet) for packet in fragments(payload, size, **said)])


@given(st.integers(2, 200), st.integers(1, 6), st.randoms(use_true_random=False))
def test_fragments_are_put_together_in_any_order_and_in_spite_of_copies(
    length: int, eights: int, shuffle: random.Random
) -> None:
    payload = bytes(place % 251 for place in range(length))
    frames = cut_up(payload, eights * 8)
    if len(frames) > 1:
        frames = shuffle.sample(frames, len(frames))
        last = frames.pop()
        frames += [shuffle.choice(frames), last]
        assert put_together(frames) == ([payload], [])


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_protocol_over_fragments_is_decoded_at_the_frame_that_completes_it(order: tuple[int, ...]) -> None:
    cut = fragments(DATAGRAM, 96)
    dissector = Dissector()
    events: list[Event] = []
    for frame in number([build.ethernet(cut[place]) for place in order]):
        events += dissector.frame(frame)
    (event,) = [*events, *dissector.finish()]
    assert isinstance(event, DhcpDiscover)
    assert (event.frame, event.src_port, event.dst_port, event.dst) == (3, 68, 67, SERVER)
    assert dhcp.EVENTS[1] is DhcpDiscover


def test_a_datagram_that_never_becomes_whole_is_a_gap() -> None:
    (gap,) = put_together(cut_up(bytes(100), 40)[:-1])[1]
    assert (gap.ip_protocol, gap.identification, gap.fragments, gap.octets, gap.length) == (17, 7, 2, 80, None)
    assert (gap.frame, gap.reason) == (2, "the capture ends before all fragments came")
    assert gap.standard() == {"id": 7, "proto": 17}
    (gap,) = put_together(cut_up(bytes(100), 40)[1:])[1]
    assert (gap.octets, gap.length) == (60, 100)


def test_a_datagram_waits_no_longer_than_a_receiver_would() -> None:
    first, second = cut_up(bytes(64), 32)
    wholes, gaps = put_together([first, second._replace(time=first.time + under_test.TIMEOUT + 1)])
    assert wholes == []
    assert [gap.reason for gap in gaps] == [
        "not all fragments came within 30 s",
        "the capture ends before all fragments came",
    ]


def test_only_so_many_datagrams_wait_at_once() -> None:
    most = under_test.MOST_DATAGRAMS
    frames = [cut_up(bytes(64), 32, identification=place)[0] for place in range(most + 1)]
    gaps = put_together(frames)[1]
    assert len(gaps) == most + 1
    assert (gaps[0].identification, gaps[0].reason) == (0, "too many datagrams waited at once")


def fragment(first: int, length: int, *, more: bool = True) -> bytes:
    flags = first // 8 | (0x2000 if more else 0)
    return build.ethernet(build.ipv4(bytes(length), protocol=17, flags=flags))


@pytest.mark.parametrize(
    "packets, reason",
    [
        ([fragment(0, 32), fragment(16, 32)], "fragments that overlap, or go on behind their end, at byte 16"),
        ([fragment(0, 32), fragment(0, 16)], "fragments that overlap, or go on behind their end, at byte 0"),
        (
            [fragment(32, 8, more=False), fragment(64, 8)],
            "fragments that overlap, or go on behind their end, at byte 64",
        ),
        ([fragment(64, 8), fragment(32, 8, more=False)], "a last fragment that ends at byte 40, before others"),
        ([fragment(65528, 32, more=False)], "a fragment of 32 bytes from byte 65528 on"),
        ([fragment(0, 33)], "a fragment of 33 bytes from byte 0 on"),
        ([fragment(0, 0)], "a fragment of 0 bytes from byte 0 on"),
    ],
)
def test_fragments_that_contradict_each_other_are_one_gap(packets: list[bytes], reason: str) -> None:
    wholes, gaps = put_together(number([*packets, fragment(80, 8)]))
    assert wholes == []
    assert [gap.reason for gap in gaps] == [reason]


def test_fragments_of_which_the_end_was_not_kept_make_a_datagram_of_which_the_end_was_not_kept() -> None:
    first, second = cut_up(DATAGRAM, 200)
    collector = Fragments()
    for frame in (first._replace(data=first.data[:100]), second):
        whole, _ = collector.add(frame, ethernet.HEADER, ipv4.parse(frame.data, ethernet.HEADER, frame.length))
    assert whole is not None
    assert (len(whole.data), whole.length) == (100, ethernet.HEADER + 20 + len(DATAGRAM))


heads = st.tuples(st.integers(0, 0x3FFF), st.integers(0, 3), st.integers(0, 40))


@given(st.lists(heads, max_size=12))
def test_no_fragments_make_it_fail(given_heads: list[tuple[int, int, int]]) -> None:
    packets = []
    for flags, identification, length in given_heads:
        packet = bytearray(build.ipv4(bytes(length), protocol=17, flags=flags or 0x2000))
        packet[4:6] = identification.to_bytes(2)
        packets.append(build.ethernet(bytes(packet)))
    wholes, gaps = put_together([frame._replace(time=frame.number * MILLISECOND) for frame in number(packets)])
    assert len(wholes) + len(gaps) <= len(packets)
