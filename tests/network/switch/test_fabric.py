from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

from harness.capture.files.reader import frames
from harness.network import tags
from harness.network.impairment import Impairment
from harness.network.ports import Access, Trunk
from harness.network.switch import offload
from harness.network.switch.commands import Commands
from harness.network.switch.device import Unplugged
from harness.network.switch.fabric import BURST
from harness.network.switch.offload import Offload
from harness.network.switch.rules import Rule
from harness.units import milliseconds
from tests.network.switch.fakes import Bench

A, B = b"\x02\0\0\0\0\x0a", b"\x02\0\0\0\0\x0b"
ALL = b"\xff" * 6
FRAME = ALL + A + b"\x08\x00" + bytes(50)
TRUNK = Trunk(frozenset({10, 20}))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, Access(10), Access(10), Access(20), TRUNK)
    yield made
    made.recorder.close()


def large(size: int) -> tuple[bytes, bytes]:
    frame = bytes(Ether(src="02:00:00:00:00:0a", dst="ff:ff:ff:ff:ff:ff") / IP() / TCP() / bytes(size))
    return bytes(Offload(offload.NEEDS_CHECKSUM, offload.TCP4, 54, 1000, 34, 16)), frame


def test_a_frame_is_heard_where_it_should_be(bench: Bench) -> None:
    bench.send(0, FRAME)
    assert [bench.heard(n) for n in range(4)] == [[], [FRAME], [], [ALL + A + tags.tag(10) + FRAME[12:]]]


def test_frames_and_bytes_are_counted_at_both_ends(bench: Bench) -> None:
    bench.send(0, FRAME)
    first, second, other, trunk = (bench.fabric.ports[number].counters for number in range(4))
    assert (first.received, first.received_bytes, first.sent) == (1, 64, 0)
    assert (second.sent, second.sent_bytes) == (1, 64)
    assert (trunk.sent, trunk.sent_bytes) == (1, 68), "with its tag"
    assert other.sent == 0


def test_a_large_frame_passes_whole_and_its_offsets_follow_the_tag(bench: Bench) -> None:
    head, frame = large(60_000)
    bench.send(0, frame, head)
    assert bench.devices[1].hears == [head + frame]
    (tagged,) = bench.devices[3].hears
    assert offload.parse(tagged).start == 38
    assert len(tagged) == len(head) + len(frame) + 4


def test_a_large_frame_is_segmented_where_a_link_is_impaired(bench: Bench) -> None:
    bench.fabric.ports[1].down.replace(Impairment(delay=10 * milliseconds))
    head, frame = large(2_500)
    bench.send(0, frame, head)
    assert bench.heard(1) == []
    assert bench.fabric.next_due() == 0.01
    bench.now = 0.01
    bench.fabric.deliver_due()
    assert [len(one) for one in bench.heard(1)] == [1054, 1054, 554]
    assert bench.fabric.next_due() is None


def test_a_large_frame_that_can_t_be_segmented_is_dropped_and_counted(bench: Bench) -> None:
    bench.fabric.ports[0].up.replace(Impairment(delay=10 * milliseconds))
    bench.send(0, FRAME, bytes(Offload(1, offload.TCP4, 0, 0, 0, 0)))
    assert bench.fabric.ports[0].counters.dropped == {"offload": 1}


def test_both_directions_of_a_link_are_cut_for_themselves(bench: Bench) -> None:
    bench.fabric.ports[0].up.is_cut = True
    bench.send(0, FRAME)
    assert bench.heard(1) == []
    bench.send(1, ALL + B + FRAME[12:])
    assert len(bench.heard(0)) == 1


def test_a_rule_keeps_one_from_hearing_another(bench: Bench) -> None:
    bench.fabric.rules.add(1, Rule({1: frozenset({0})}))
    bench.send(0, FRAME)
    assert bench.heard(1) == []
    assert len(bench.heard(3)) == 1


def test_what_a_machine_does_not_take_is_counted(bench: Bench) -> None:
    bench.devices[1].takes = False
    bench.send(0, FRAME)
    assert bench.fabric.ports[1].counters.dropped == {"refused": 1}
    assert bench.fabric.ports[1].counters.sent == 0


def test_a_frame_on_its_way_to_a_card_that_was_pulled_is_gone(bench: Bench) -> None:
    bench.fabric.ports[1].down.replace(Impairment(delay=10 * milliseconds))
    bench.send(0, FRAME)
    bench.fabric.unplug(1)
    bench.now = 1.0
    bench.fabric.deliver_due()
    assert bench.heard(1) == []
    assert bench.devices[1].closed


def test_the_capture_holds_what_came_through(bench: Bench) -> None:
    bench.fabric.ports[1].down.is_cut = True
    bench.send(0, FRAME)
    bench.recorder.flush()
    captured = list(frames(bench.path))
    assert [(one.link, len(one.data)) for one in captured] == [("port0", 64), ("port3", 68)]


def test_reading_stops_after_a_burst_and_skips_what_is_no_frame(bench: Bench) -> None:
    port = bench.fabric.ports[0]
    bench.devices[0].sends.extend([b"", offload.PLAIN] + [offload.PLAIN + FRAME] * BURST)
    assert bench.fabric.read(port)
    assert len(bench.heard(1)) == BURST - 2
    assert not bench.fabric.read(port)
    bench.devices[0].gone = True
    with pytest.raises(Unplugged):
        bench.fabric.read(port)


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[tuple[Bench, Commands]]:
    """Three sites with a switch and a machine each (0, 1, 2), and lines (10, 11, 12) between all of them."""
    made = Bench(tmp_path, Access(10), Access(10), Access(10))
    commands = Commands(made.fabric, made.recorder, "36", lambda _port: None, lambda _port: None)
    for number, site in enumerate("abc"):
        made.move(number, Access(10), site)
    for number, line in enumerate(("ab", "bc", "ca"), start=10):
        commands.carry_out({"do": "lay", "links": [(number, line)]}, [])
        cable = {"switches": list(line), "vlans": [10], "wan": True}
        answer = commands.carry_out({"do": "connect", "number": number, "far": number + 10, "cable": cable}, [])
        assert answer == {"answer": None}
    yield made, commands
    made.recorder.close()


def test_lines_between_all_sites_make_no_loop(sites: tuple[Bench, Commands]) -> None:
    bench, _ = sites
    for number in range(3):
        bench.send(number, ALL + bytes([2, 0, 0, 0, 0, number]) + FRAME[12:])
    for number in range(3):
        others = [bytes([2, 0, 0, 0, 0, other]) for other in range(3) if other != number]
        assert [frame[6:12] for frame in bench.heard(number)] == others


def test_a_line_has_directions_and_conditions_of_its_own(sites: tuple[Bench, Commands]) -> None:
    bench, commands = sites
    line = bench.fabric.links[10]
    commands.carry_out({"do": "cut", "number": 10, "up": True, "down": False, "carrier": True}, [])
    bench.send(0, FRAME)
    assert (len(bench.heard(1)), len(bench.heard(2))) == (0, 1)
    assert line.up.counts["cut"] == 1
    bench.send(1, ALL + B + FRAME[12:])
    assert len(bench.heard(0)) == 1
    line.up.is_cut = False
    line.up.replace(Impairment(delay=20 * milliseconds))
    bench.send(0, FRAME)
    assert bench.heard(1) == []
    bench.now += 0.02
    bench.fabric.deliver_due()
    assert bench.heard(1) == [FRAME]
    bench.recorder.flush()
    on_line = [one for one in frames(bench.path) if one.link == "ab"]
    assert [one.data[6:12] for one in on_line] == [B, A]


def test_a_line_without_carrier_makes_both_switches_forget_what_was_behind_it(sites: tuple[Bench, Commands]) -> None:
    bench, commands = sites
    bench.send(0, FRAME)
    assert [len(bench.fabric.cores[site].table) for site in "abc"] == [1, 1, 1]
    commands.carry_out({"do": "cut", "number": 10, "up": True, "down": True, "carrier": False}, [])
    assert [len(bench.fabric.cores[site].table) for site in "abc"] == [1, 0, 1]


def test_a_rule_is_about_the_link_by_which_a_frame_first_came(sites: tuple[Bench, Commands]) -> None:
    bench, _ = sites
    bench.fabric.rules.add(1, Rule({1: frozenset({0})}))
    bench.send(0, FRAME)
    bench.send(2, ALL + B + FRAME[12:])
    assert [frame[6:12] for frame in bench.heard(1)] == [B]
    assert len(bench.heard(2)) == 1
    assert bench.fabric.rules.counts() == {1: 1}
