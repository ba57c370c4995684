from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import Problem, SpecError
from harness.faults.fault import Fault
from harness.faults.links import Cut, Impair, Pull
from harness.faults.partitions import Bridge, Deafen, Drop, Isolate, Ring, Split
from harness.faults.power import Pause, PowerCut, Reset
from harness.faults.schedule import Schedule, Step
from harness.faults.words import EXPECTED_LINE, describe, parse, read, write
from harness.units import milliseconds, seconds

NAMES = st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,6}(/eth[0-9])?", fullmatch=True), min_size=1, max_size=3).map(tuple)
TIMES = st.integers(0, 10**9).map(lambda microseconds: timedelta(microseconds=microseconds))
CHANCES = st.none() | st.integers(0, 100_000).map(lambda part: part / 100_000)
WAYS = st.sampled_from(["both", "up", "down"])
FAULTS: st.SearchStrategy[Fault] = st.one_of(
    st.builds(Cut, NAMES, WAYS),
    st.builds(Pull, NAMES),
    st.builds(
        Impair,
        NAMES,
        WAYS,
        delay=TIMES.map(lambda time: time + 1 * milliseconds),
        loss=CHANCES,
        rate=st.none() | st.integers(1, 10**12),
    ),
    st.builds(Isolate, NAMES),
    st.builds(Split, NAMES, NAMES),
    st.builds(Deafen, NAMES, NAMES),
    st.builds(Bridge, NAMES, NAMES, NAMES),
    st.builds(Ring, NAMES),
    st.builds(Drop, NAMES, st.just("tcp"), st.none() | st.integers(1, 65535)),
    st.builds(PowerCut, NAMES),
    st.builds(Reset, NAMES),
    st.builds(Pause, NAMES),
)
STEPS = st.builds(Step, TIMES, FAULTS, st.none() | TIMES)


@given(st.builds(Schedule, st.lists(STEPS, max_size=5).map(tuple), st.none() | st.integers(0)))
def test_every_schedule_comes_back_from_its_text(schedule: Schedule) -> None:
    assert parse(write(schedule)) == schedule


@given(st.text(max_size=60))
def test_any_text_is_a_schedule_or_says_what_is_wrong(text: str) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        parse(text)
    except SpecError as error:
        problems = tuple(error.problems)
    assert all(problem.line >= 1 and problem.expected for problem in problems)


def test_a_person_writes_it_so(tmp_path: Path) -> None:
    file = tmp_path / "leader.faults"
    file.write_text(
        """
        # what the field saw
        seed 7
        at 3.5s  impair a--b delay=50ms loss=1% for 20s
        at 0s    isolate a   # the leader's site
        at 1 min power-cut node01,node02
        """.replace("1 min", "'1 min'")
    )
    schedule = read(file)
    assert schedule == Schedule(
        (
            Step(0 * seconds, Isolate(("a",))),
            Step(3.5 * seconds, Impair(("a--b",), delay=50 * milliseconds, loss=0.01), 20 * seconds),
            Step(60 * seconds, PowerCut(("node01", "node02"))),
        ),
        seed=7,
    )
    assert describe(schedule.steps[1].fault) == "impair a--b delay=50ms loss=1%"


MISTAKES = {
    "isolate a": "'isolate a' is no step, expected at TIME FAULT ARGUMENT… [NAME=VALUE…] [for TIME]",
    "at 0s isolat a": "'isolat' is no fault; did you mean 'isolate'?, expected one of pull, cut, impair, isolate, ",
    "at 0s isolate": "'isolate' is no isolate, expected isolate WHO",
    "at 0s cut a way=left": "way: 'left' is none, expected one of both, up, down",
    "at 0s impair a--b": "it impairs nothing: give a delay, jitter, loss, ",
    "at 0s impair a--b loss=200%": "loss 2.0 is no chance, expected 0 to 1",
    "at x pause a": "'x' is no number with a unit (ms, s, min), expected at TIME",
    "seed x": "'seed x' is no seed, expected seed NUMBER",
    "at 0s drop a tcp port=x": "port: 'x' is none, expected a whole number",
    "at 0s drop a quic": "'quic' is no protocol that can be matched, expected arp, icmp, tcp, udp, icmp6, vrrp",
    "at 0s 'pause a": "No closing quotation, expected at TIME",
    "at 0s pause a b=c": "'pause a b=c' is no pause, expected pause MACHINES",
    "at 0s impair a delay=5ms delay=6ms": "'impair a delay=5ms delay=6ms' is no impair, expected impair LINKS [way=…]",
    "at 0s isolate a,,b": "who: 'a,,b' leaves out a name, expected names joined by commas",
    "seed 7": None,
    "seed 8": "the seed is 7 already, expected one seed",
}


def test_every_mistake_is_told_at_once_with_its_line_and_what_was_expected() -> None:
    with pytest.raises(SpecError) as caught:
        parse("\n".join(MISTAKES), "bad.faults")
    told = [str(problem) for problem in caught.value.problems]
    wrong = [f"bad.faults:{number}: {words}" for number, words in enumerate(MISTAKES.values(), 1) if words]
    for one, expected in zip(told, wrong, strict=True):
        assert one.startswith(expected)


def test_every_mistake_of_one_line_is_told() -> None:
    with pytest.raises(SpecError) as caught:
        parse("\nat 5x impair a delay=5 loss=1 for 3q", "bad.faults")
    assert [str(problem) for problem in caught.value.problems] == [
        f"bad.faults:2: '3q' is no number with a unit (ms, s, min), expected {EXPECTED_LINE}",
        f"bad.faults:2: '5x' is no number with a unit (ms, s, min), expected {EXPECTED_LINE}",
        "bad.faults:2: delay: '5' is no number with a unit (ms, s, min), expected one such as 250ms",
        "bad.faults:2: loss: '1' is no chance, expected one such as 2.5%",
    ]
