from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from harness.incident.clocks.walls import unset
from harness.incident.entry import Entry

SECOND = 10**9
START = 1_700_000_000 * SECOND
LINE = Entry("node01.json", 1, "node01", START, 0, "boot", "", "", "hello")


def boot(*walls: int, message: str = "hello", boot: str = "boot") -> list[Entry]:
    """Return lines a second apart, whose wall clock is off by so many seconds each."""
    return [
        replace(LINE, time=START + (at + wall) * SECOND, monotonic=at * SECOND, boot=boot, message=message)
        for at, wall in enumerate(walls)
    ]


def times(entries: list[Entry]) -> list[int]:
    return [(time - START) // SECOND for time, _ in unset(entries)]


@given(st.integers(-(10**6), 10**6))
def test_lines_after_a_jump_stand_where_they_would_have_stood(jump: int) -> None:
    assert times(boot(0, 0, 0, jump, jump, 0)) == [0, 1, 2, 3, 4, 5]


def test_lines_need_not_be_in_order() -> None:
    assert times(boot(0, 0, 50)[::-1]) == [2, 1, 0]


def test_a_clock_that_was_wrong_at_the_start_was_set_right_by_synchronisation() -> None:
    entries = boot(-500, -500, 0, 0)
    entries[2] = replace(entries[2], message="Initial clock synchronization to Tue 2023-11-14 22:13:22 UTC.")
    assert times(entries) == [0, 1, 2, 3]


def test_each_boot_has_its_own_clock() -> None:
    assert times([*boot(0, 0), *boot(100, 100, 170, boot="next")]) == [0, 1, 100, 101, 102]


def test_without_the_other_clock_the_wall_clock_counts() -> None:
    assert [time for time, _ in unset([replace(LINE, monotonic=None), replace(LINE, boot="")])] == [START, START]
