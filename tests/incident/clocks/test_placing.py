from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.incident.clocks.placing import placed
from tests.incident.clocks.test_walls import LINE, SECOND, START

if TYPE_CHECKING:
    from harness.incident.clocks.marks import Key
    from harness.incident.clocks.placing import Line

STANDS = "a1b2c3d4e5 became candidate at term 3"
MARKS: dict[Key, list[int]] = {("candidate", 0xA1B2C3D4E5, 3): [START + 5 * SECOND]}
SPAN = (START, START + 20 * SECOND)


def line(unset: int, said: int, message: str = "hello") -> Line:
    """Return a line at so many seconds by the clock that nobody set, and by the one that somebody did."""
    return START + unset * SECOND, replace(LINE, time=START + said * SECOND, message=message)


def seconds(lines: list[Line]) -> list[float]:
    return [(time - START) / SECOND for time, _ in lines]


def test_a_clock_that_was_set_wrong_does_not_count() -> None:
    lines = [line(1, 1), line(5, 605, STANDS), line(6, 606)]
    assert seconds(placed(lines, MARKS, SPAN)) == [1, 5, 6]


def test_a_clock_that_was_set_right_counts() -> None:
    lines = [line(-600, -600), line(-595, 5, STANDS), line(-594, 6)]
    assert seconds(placed(lines, MARKS, SPAN)) == [-600, 5, 6]


def test_without_common_moments_the_captures_time_decides() -> None:
    assert seconds(placed([line(1, 1), line(2, 902)], {}, SPAN)) == [1, 2]
    assert seconds(placed([line(-900, 2)], {}, SPAN)) == [2]
    assert seconds(placed([line(2, 12)], {}, SPAN)) == [2]


FOLLOWS = "raft.node: a1b2c3d4e5 elected leader f1b2c3d4e5 at term 4"
LOST = "lost the TCP streaming connection with peer f1b2c3d4e5 (stream Message reader)"
AFTERWARDS: dict[Key, list[int]] = {
    **MARKS,
    ("follower", 0xA1B2C3D4E5, 4): [START + 15 * SECOND],
    ("ended", 0xF1B2C3D4E5): [START + 16 * SECOND],
}


def test_what_a_clock_lost_while_its_machine_stood_still_is_made_up() -> None:
    lines = [line(1, 1), line(5, 5, STANDS), line(6, 6), line(7, 7, FOLLOWS), line(8, 8, LOST), line(9, 9)]
    assert seconds(placed(lines, AFTERWARDS, SPAN)) == [1, 5, 6, 15, 16, 17]


def test_one_late_line_is_no_pause() -> None:
    lines = [line(5, 5, STANDS), line(7, 7, FOLLOWS), line(9, 9)]
    assert seconds(placed(lines, AFTERWARDS, SPAN)) == [5, 7, 9]


def test_lines_that_fit_later_on_tell_of_no_pause_before_them() -> None:
    lines = [line(5, 5, STANDS), line(7, 7, FOLLOWS), line(16, 16, LOST)]
    assert seconds(placed(lines, AFTERWARDS, SPAN)) == [5, 7, 16]


def test_without_captures_a_clock_was_right_before_it_was_set() -> None:
    assert seconds(placed([line(-900, 2)], {}, None)) == [-900]
