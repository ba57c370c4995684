from __future__ import annotations

from harness.checks.operation import FAIL, UNKNOWN
from harness.checks.registers.register import from_nowhere, register
from tests.checks.make import cas, r, w


def test_what_failed_and_reads_without_a_result_say_nothing() -> None:
    assert register("x", [w(0, 1, 1, FAIL), r(0, 1, 1, FAIL), r(0, None, 1, UNKNOWN)]).operations == []


def test_a_write_of_unknown_outcome_counts_once_its_value_was_seen() -> None:
    maybe = w(0, None, 1, UNKNOWN)
    assert register("x", [maybe, r(5, 6, 2)]).operations == [r(5, 6, 2)]
    assert register("x", [maybe, r(5, 6, 1)]).writers == {1: [maybe]}


def test_what_an_unknown_swap_expected_was_seen_only_if_it_happened() -> None:
    first, second = w(0, None, 1, UNKNOWN), cas(0, None, 1, 2, UNKNOWN)
    assert register("x", [first, second]).operations == []
    assert register("x", [first, second, r(5, 6, 2)]).writers == {1: [first], 2: [second]}


def test_only_values_that_were_seen_have_to_be_unique() -> None:
    assert register("x", [w(0, 1, 1), w(2, 3, 1)]).unique
    assert not register("x", [w(0, 1, 1), w(2, 3, 1), r(4, 5, 1)]).unique
    assert not register("x", [w(0, 1, None), r(4, 5, None)]).unique


def test_a_read_of_what_nobody_had_written_is_found() -> None:
    early, lie, first = r(0, 1, 1), r(2, 3, 9), w(2, 3, 1)
    assert from_nowhere(register("x", [early, first, w(5, 6, 1)])) == (early, first)
    assert from_nowhere(register("x", [lie, first])) == (lie,)
    assert from_nowhere(register("x", [r(0, 1, None), first, r(2, 3, 1)])) == ()
