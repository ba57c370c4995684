from __future__ import annotations

from dataclasses import replace

from harness.incident.clocks.machine_clocks import agreed, matches
from tests.incident.clocks.test_walls import LINE, SECOND, START

AHEAD = 4 * SECOND
MARKS = {
    ("candidate", 0xA1B2C3D4E5, 3): [START + SECOND + AHEAD],
    ("leader", 0xA1B2C3D4E5, 3): [START + 2 * SECOND + AHEAD + 10_000_000],
    ("from", "10.0.0.9"): [START + at * SECOND // 2 for at in range(30)],
}
STANDS = replace(LINE, message="a1b2c3d4e5 became candidate at term 3")
LEADS = replace(LINE, message="a1b2c3d4e5 became leader at term 3")
ASKED = replace(LINE, message='10.0.0.9 "GET / HTTP/1.1" 200')


def test_two_moments_agree() -> None:
    vote = agreed(matches([(START + SECOND, STANDS), (START + 2 * SECOND, LEADS), (START, LINE)], MARKS))
    assert vote is not None
    assert AHEAD <= vote.ahead <= AHEAD + 10_000_000
    assert vote.hosts == {"node01"}


def test_one_moment_is_too_little_however_many_lines_tell_it() -> None:
    assert agreed(matches([(START + SECOND + at, STANDS) for at in range(9)], MARKS)) is None


def test_what_happens_often_weighs_little() -> None:
    found = matches([(START + at * SECOND, ASKED) for at in range(10)], MARKS)
    assert len(found) == 300
    assert agreed(found) is None


def test_machines_speak_for_each_other() -> None:
    other = replace(LEADS, host="node02")
    vote = agreed(matches([(START + SECOND, STANDS), (START + 2 * SECOND, other)], MARKS))
    assert vote is not None
    assert vote.hosts == {"node01", "node02"}


def test_nothing_says_nothing() -> None:
    assert agreed([]) is None
