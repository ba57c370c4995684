from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.capture.events import ArpReply, ArpRequest, DhcpOffer, Event
from harness.capture.files.reader import frames
from harness.capture.notes import LOST, Note
from harness.capture.patterns import Like
from harness.errors import Inconclusive, LabError, ScenarioFailure
from harness.sandbox.waiting import Patience, wait_until
from harness.units import milliseconds, seconds
from harness.wire.failure import WireFailure
from harness.wire.wire import Wire
from harness.wire.wires import Wires
from tests.wire.tape import NODE1, NODE2, PXE, Tape, arp, wires

SOON = 50 * milliseconds
NANO = 10**9


@pytest.fixture
def tape(tmp_path: Path) -> Iterator[Tape]:
    made = Tape(tmp_path)
    yield made
    made.close()


@pytest.fixture
def lab(tape: Tape, tmp_path: Path) -> Iterator[Wires]:
    made = wires(tape, tmp_path)
    yield made
    made.close()


@pytest.fixture
def wire(lab: Wires) -> Wire:
    return lab.of_vlans()


@pytest.fixture
def while_waiting(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Do something a moment after the next wait has begun, however late that is."""

    def arrange(action: Callable[[], None]) -> None:
        def begin(*words: Any, **options: Any) -> Any:  # noqa: ANN401 - as `wait_until` has them
            tape.later(0.1, action)
            return wait_until(*words, **options)

        monkeypatch.setattr("harness.wire.wire.wait_until", begin)

    return arrange


def from_node(number: int) -> Like:
    return Like(ArpRequest, sent_by={1: NODE1, 2: NODE2}[number])


def test_what_came_since_the_wire_began_is_met_at_once(tape: Tape, wire: Wire) -> None:
    tape.say(NODE1)
    event = wire.expect(ArpRequest, within=0 * seconds)
    assert (event.frame, event.sent_by, event.link, event.direction) == (1, NODE1, "lan", "in")


def test_what_came_before_does_not_count(tape: Tape, wire: Wire) -> None:
    tape.say(NODE1)
    with pytest.raises(WireFailure, match=r"the nearest: it fits, but came before"):
        wire.from_now().expect(ArpRequest, within=SOON)
    assert len(wire.of(ArpRequest)) == 1, "queries are about everything"


def test_a_wait_ends_by_the_word_that_there_is_a_frame(tape: Tape, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    def by_word_alone(*words: Any, **options: Any) -> Any:  # noqa: ANN401 - as `wait_until` has them
        return wait_until(*words, **{**options, "interval": 60 * seconds})

    monkeypatch.setattr("harness.wire.wire.wait_until", by_word_alone)
    tape.say(NODE1)
    tape.later(0.2, lambda: tape.say(NODE2))
    started = time.monotonic()
    assert wire.expect(ArpRequest, sent_by=NODE2, within=60 * seconds).sent_by == NODE2
    assert time.monotonic() - started < 30, "the next look without word"


def test_what_came_too_late_is_named(tape: Tape, wire: Wire) -> None:
    tape.say(NODE1, at=time.time_ns() + 5 * NANO)
    with pytest.raises(WireFailure, match="it fits, but came too late"):
        wire.expect(ArpRequest, within=SOON)


def test_patience_stretches_the_bound(tape: Tape, tmp_path: Path) -> None:
    made = wires(tape, tmp_path, Patience(200.0, "a slow host"))
    tape.later(0.2, lambda: tape.say(NODE1))
    assert made.of_vlans().expect(ArpRequest, within=SOON).frame == 1
    made.close()


def test_conditions_need_a_kind(wire: Wire) -> None:
    with pytest.raises(TypeError, match="need a kind of event"):
        wire.expect(from_node(1), within=SOON, link="lan")
    with pytest.raises(TypeError, match="has no field 'colour'"):
        wire.expect(ArpRequest, within=SOON, colour="red")


def test_what_never_came_did_not_and_what_comes_fails_at_once(
    tape: Tape, wire: Wire, while_waiting: Callable[[Callable[[], None]], None]
) -> None:
    tape.say(NODE1)
    wire.never(ArpReply, during=SOON)
    wire.never(ArpReply)
    while_waiting(lambda: tape.say(PXE, arp(PXE, reply=True)))
    started = time.monotonic()
    with pytest.raises(WireFailure, match=r"expected never ArpReply for 60.0 s; it came\n  frame 2 "):
        wire.never(ArpReply, during=60 * seconds)
    assert time.monotonic() - started < 30
    with pytest.raises(WireFailure):
        wire.never(ArpReply)
    wire.from_now().never(ArpReply)


def test_a_block_can_be_forbidden_something(tape: Tape, wire: Wire) -> None:
    tape.say(NODE1)
    with wire.forbidding(ArpRequest):
        pass
    with pytest.raises(WireFailure, match="in the block"), wire.forbidding(ArpRequest, sent_by=NODE1):
        tape.say(NODE1)
    with pytest.raises(ValueError, match="not in the range"), wire.forbidding(ArpRequest):
        tape.say(NODE1, at=-1)


def test_a_part_of_the_wire_is_asked_alone(tape: Tape, lab: Wires, wire: Wire) -> None:
    tape.say(NODE1)
    tape.say(NODE2)
    assert [event.sent_by for event in wire.about("node02").events] == [NODE2]
    wire.on("other").never(ArpRequest)
    with pytest.raises(WireFailure, match="never ArpRequest on lan about node01"):
        wire.on("lan").about("node01").never(ArpRequest)
    at_card = lab.of_links("node02/eth0")
    assert {event.link for event in at_card.events} == {"node02/eth0"}


def test_of_what_nobody_knows_nothing_is_said(lab: Wires, wire: Wire) -> None:
    with pytest.raises(LabError, match=r"'lann' is no VLAN .* of this wire \(did you mean 'lan'"):
        wire.on("lann").never(ArpRequest)
    with pytest.raises(LabError, match=r"'node2' is no machine of this lab \(did you mean 'node02'"):
        wire.about("node2").never(ArpRequest)
    with pytest.raises(LabError, match="'node9' is no machine"):
        wire.in_order(ArpRequest, machines=["node01", "node9"])
    with pytest.raises(LabError, match="'lan' is no VLAN"):
        lab.of_links("node02/eth0").on("lan")


def test_a_bound_without_a_unit_is_refused(wire: Wire) -> None:
    with pytest.raises(TypeError, match=r"5 is no duration, expected one such as 5 \* seconds"):
        wire.expect(ArpRequest, within=5)  # type: ignore[call-overload]  # what people write who don't check types


def test_frames_that_are_missing_leave_it_open(tape: Tape, wire: Wire) -> None:
    begun = time.time_ns()
    tape.note(Note(LOST, (), "3 frames passed that this capture does not have", begun))
    with pytest.raises(Inconclusive, match=r"never ArpReply\n  frame 1: 3 frames passed"):
        wire.never(ArpReply)
    with pytest.raises(Inconclusive):
        wire.expect(ArpReply, within=SOON)
    wire.from_now().never(ArpReply, during=SOON)
    tape.say(PXE, arp(PXE, reply=True))
    with pytest.raises(ScenarioFailure):
        wire.never(ArpReply)
    assert wire.expect(ArpReply, within=SOON).frame == 2


def test_what_can_t_be_read_leaves_it_open_for_its_own_protocol(tape: Tape, wire: Wire) -> None:
    broken = bytes.fromhex("5254000000015254000001010800") + b"\x45" + bytes(4)
    tape.say(NODE1, broken)
    with pytest.raises(Inconclusive, match="frame 1: a frame can't be read"):
        wire.never(DhcpOffer)


def test_an_order_is_waited_for_and_what_breaks_it_is_named(tape: Tape, wire: Wire) -> None:
    tape.say(NODE2)
    tape.say(NODE1)
    tape.later(0.1, lambda: tape.say(PXE, arp(PXE, reply=True)))
    order = wire.in_order(from_node(1), ArpReply, within=10 * seconds)
    assert [event.frame for event in order.found] == [2, 3]
    with pytest.raises(WireFailure) as caught:
        wire.in_order(from_node(1), from_node(2), within=SOON)
    assert "did not come after the others" in str(caught.value)
    assert [event.frame for event in caught.value.events] == [2, 1]
    assert not wire.in_order(from_node(1), from_node(2))


def test_an_order_holds_for_each_machine(tape: Tape, wire: Wire) -> None:
    for machine in (NODE1, NODE2):
        tape.say(machine)
        tape.say(machine, arp(machine, reply=True))
    assert len(wire.in_order(ArpRequest, ArpReply, within=SOON, machines=["node01", "node02"]).found) == 4
    with pytest.raises(WireFailure, match="about node02"):
        wire.in_order(ArpReply, ArpRequest, within=SOON, machines=["node02"])


def test_silence_is_waited_for(tape: Tape, wire: Wire, while_waiting: Callable[[Callable[[], None]], None]) -> None:
    tape.on_their_way = 4
    last = wire.stops(ArpRequest, within=5 * seconds, quiet=100 * milliseconds)
    assert last is not None
    assert last.frame == 4
    assert time.time_ns() - last.time >= 0.1 * NANO
    wire.stays_gone(ArpRequest, span=SOON)
    while_waiting(lambda: tape.say(NODE1))
    with pytest.raises(WireFailure, match=r"to stay gone for 5\.0 s; it came"):
        wire.stays_gone(ArpRequest, span=5 * seconds)


def test_what_goes_on_has_not_stopped(tape: Tape, wire: Wire) -> None:
    tape.on_their_way = 100
    with pytest.raises(WireFailure, match="to stop within 300 ms; it goes on"):
        wire.stops(ArpRequest, within=300 * milliseconds, quiet=50 * milliseconds)


def test_what_never_spoke_has_stopped(wire: Wire) -> None:
    assert wire.stops(ArpRequest, within=SOON, quiet=SOON) is None


def test_queries_are_about_everything_and_up_to_date(tape: Tape, wire: Wire) -> None:
    tape.note(Note("cut", ("node01/eth0",)))
    later = wire.from_now()
    tape.say(NODE1)
    assert [event.frame for event in later.events] == [1, 2]
    (cut,) = later.harness.done("cut", to="node01/eth0")
    assert later.who(cut) == {"node01"}
    assert later.who(later.events[1]) == {"node01"}


def test_a_failure_names_frames_and_file_and_cuts_them_out(tape: Tape, wire: Wire, tmp_path: Path) -> None:
    at = wire.begun + NANO // 1000
    tape.note(Note("cut", ("node02/eth0",), "up"), at=at)
    tape.say(NODE1, at=at + 10**6)
    tape.say(NODE2, at=at + 2 * 10**6)
    tape.say(NODE1, at=at + 100 * NANO)
    with pytest.raises(WireFailure) as caught:
        wire.expect(ArpRequest, sender="10.0.0.13", sent_by=NODE2, within=SOON)
    cut_out = tmp_path / "cut-outs/1-arp-request.pcapng"
    assert str(caught.value).splitlines() == [
        f"expected ArpRequest(sender='10.0.0.13', sent_by='{NODE2}') within 50 ms; it did not come",
        (
            "  frame 3 (+3 ms) on lan: arp-request from node02 to everyone sender=10.0.0.12 target=10.0.0.1"
            f" sender_mac={NODE2} target_mac=00:00:00:00:00:00"
        ),
        "    the nearest: its sender is 10.0.0.12",
        "  seen meanwhile: 2 arp-request (frames 2 to 3)",
        "  done meanwhile: frame 1 (+1 ms) on harness: cut node02/eth0 up",
        f"  capture: {tape.path}",
        f"  cut-out: {cut_out}",
    ]
    kept = list(frames(cut_out))
    assert [(frame.link, frame.direction) for frame in kept] == [
        ("harness", None),
        ("node01/eth0", "in"),
        ("node02/eth0", "in"),
    ]
    assert kept[0].comment == "harness: cut node02/eth0: up"
    assert (kept[2].comment or "").startswith("frame 3: expected ArpRequest(sender='10.0.0.13'")
    if shutil.which("tshark"):
        command = ["tshark", "-r", str(cut_out), "-Y", "arp and frame.comment", "-T", "fields", "-e", "frame.number"]
        assert subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split() == ["3"]


def test_nothing_is_decoded_twice(tape: Tape, lab: Wires, wire: Wire) -> None:
    tape.say(NODE1)
    assert wire.events[0] is lab.of_vlans().events[0]
    tape.say(NODE2)
    assert wire.events[0] is wire.about("node01").events[0]


def test_what_was_seen_outlasts_the_lab(tape: Tape, lab: Wires, wire: Wire) -> None:
    tape.say(NODE1)
    assert len(wire) == 1
    lab.close()
    flushes = tape.flushes
    assert len(wire) == 1
    assert tape.flushes == flushes


def test_any_condition_is_a_pattern(tape: Tape, wire: Wire) -> None:
    def is_odd(event: Event) -> bool:
        return event.frame % 2 == 1

    tape.say(NODE1)
    assert wire.expect(is_odd, within=SOON).frame == 1
    with pytest.raises(WireFailure, match="never is_odd"):
        wire.never(is_odd)
