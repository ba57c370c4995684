from __future__ import annotations

import random

import pytest

from harness.incident.network.delays import Slower, looked_at, slower
from harness.incident.network.soundings import Soundings, Trip, Way

MILLISECOND = 1_000_000
FORTH = Way("node01", "node02", "tcp:2380")


def trips(more: float, *, prompt: bool = True, usual: float = 0.2, spread: float = 0) -> list[Trip]:
    chance = random.Random(5)  # noqa: S311 - no secret
    found = []
    for place, at in enumerate(range(0, 20_000, 50)):
        length = usual + (more + chance.uniform(-spread, spread) if 5000 <= at < 12_000 else 0)
        found.append(Trip(at * MILLISECOND, place, round(length * MILLISECOND), prompt))
    return found


def of(**each: list[Trip]) -> list[Slower]:
    found = Soundings()
    for kind, told in each.items():
        getattr(found, kind)[FORTH] += told
    return slower(found)


def test_between_two_points_each_way_is_known() -> None:
    (one,) = of(one_way=trips(50, usual=-70))
    assert (one.pair, one.both) == (("node01", "node02"), False)
    assert one.more == 50 * MILLISECOND
    assert one.spread < MILLISECOND


def test_of_a_round_trip_each_way_is_thought_to_take_half() -> None:
    (one,) = of(round_trips=trips(100))
    assert (one.more, one.both) == (50 * MILLISECOND, True)


@pytest.mark.parametrize("kind, width", [("one_way", 15), ("round_trips", 30)])
def test_jitter_is_half_of_what_they_are_spread_over(kind: str, width: float) -> None:
    (one,) = of(**{kind: trips(40, spread=width)})
    expected = {"one_way": 15, "round_trips": 19}[kind]  # a round trip's is of two, which seldom are late together
    assert one.spread == pytest.approx(expected * MILLISECOND, rel=0.15)


def test_a_mere_acknowledgement_that_is_delayed_is_a_habit_unless_answers_are_late_too() -> None:
    answered = sorted([*trips(41, prompt=False), *trips(41)])
    told = {"habit": trips(41, prompt=False), "late": answered, "later": trips(80, prompt=False)}
    assert {name: [one.sure for one in of(round_trips=each)] for name, each in told.items()} == {
        "habit": [False], "late": [True], "later": [True],
    }  # fmt: skip


def test_who_was_looked_at_is_who_said_enough() -> None:
    found = Soundings()
    found.round_trips[FORTH] += trips(0)
    assert looked_at(found, 0, 2000 * MILLISECOND) == {("node01", "node02")}
    assert looked_at(found, 0, 200 * MILLISECOND) == set()
