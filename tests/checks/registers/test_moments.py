from __future__ import annotations

from harness.checks.operation import UNKNOWN
from harness.checks.registers.moments import Moments
from tests.checks.make import cas, r, w


def test_a_moment_has_what_is_open_at_a_return() -> None:
    moments = Moments([w(0, 4, "a"), r(1, 2, "a"), cas(3, 6, "a", "b"), w(0, None, "c", UNKNOWN)]).list
    assert [moment.over.operation.returned for moment in moments] == [2, 4, 6]
    assert [[one.operation.value for one in moment.choices] for moment in moments] == [
        ["a", "c"],
        ["a", "b", "c"],
        ["b", "c"],
    ]
    assert moments[0].reads == {1: moments[0].over.bit}
    assert moments[1].reads == {}
    assert moments[2].wanted == {1}


def test_bits_are_used_again() -> None:
    moments = Moments(w(10 * number, 10 * number + 5, number) for number in range(1000)).list
    assert {moment.over.bit for moment in moments} == {1}


def test_calls_come_before_returns_of_the_same_instant() -> None:
    first, second = Moments([w(0, 5, 1), w(5, 6, 2)]).list
    assert len(first.choices) == 2
    assert len(second.choices) == 1


def test_what_spans_the_start_is_known() -> None:
    moments = Moments([w(0, 9, 1), w(5, 6, 2)], start=5)
    assert moments.spanning == moments.list[1].over.bit
