from __future__ import annotations

from harness.incident.network.silences import Silence
from harness.incident.network.soundings import Sounding, Soundings, Way
from harness.incident.network.windows import Bracket, heard, paces, silent_throughout, windows

SECOND = 1_000_000_000


def silence(pair: tuple[str, str], last: float, first: float, end: float, following: float | None) -> Silence:
    before, begins, ends = (Sounding(round(one * SECOND), 0) for one in (last, first, end))
    after = None if following is None else Sounding(round(following * SECOND), 0)
    return Silence(*pair, None, before, begins, ends, after, 9, certain=True)


ONE = silence(("a", "b"), 1.0, 1.1, 4.9, 5.0)
VAGUE = silence(("b", "c"), 0.2, 2.0, 3.0, 6.0)
LATER = silence(("a", "c"), 3.0, 3.1, 7.0, 7.2)


def test_silences_of_one_moment_are_one_window_and_the_surest_says_when() -> None:
    first, second = windows([VAGUE, LATER, ONE], {})
    assert {one.pair for one in first.silences} == {("a", "b"), ("b", "c")}
    assert first.begins == Bracket(SECOND, round(1.1 * SECOND))
    assert first.began == round(1.05 * SECOND)
    assert first.ended == round(4.95 * SECOND)
    assert second.silences == (LATER,)


def test_a_silence_sets_in_before_the_first_frame_that_should_have_come() -> None:
    (window,) = windows([VAGUE], {("b", "c"): SECOND // 20})
    assert window.begins == Bracket(round(0.2 * SECOND), round(0.4 * SECOND))


def test_what_does_not_end_is_no_part_of_what_does() -> None:
    lasting = silence(("b", "c"), 1.0, 1.1, 9.0, None)
    first, second = windows([ONE, lasting], {})
    assert {first.ended, second.ended} == {None, round(4.95 * SECOND)}


def test_moments_that_exclude_each_other_are_met_in_the_middle() -> None:
    assert Bracket(1, 3).within(Bracket(7, 9)) == Bracket(5, 5)


def test_who_was_heard_and_who_was_silent_throughout() -> None:
    found = Soundings()
    found.through[Way("a", "c", "arp")] += [Sounding(2 * SECOND, 7)]
    assert heard(found, SECOND, 3 * SECOND) == {("a", "c"): (2 * SECOND, 7)}
    assert heard(found, 3 * SECOND, 4 * SECOND) == {}
    assert silent_throughout([ONE, LATER], 4 * SECOND, 5 * SECOND) == {("a", "b"), ("a", "c")}
    assert silent_throughout([ONE, LATER], 2 * SECOND, 4 * SECOND) == {("a", "b")}


def test_the_pace_of_a_pair_is_that_of_all_its_services() -> None:
    found = Soundings()
    found.through[Way("a", "b", "arp")] += [Sounding(one, 0) for one in (0, 20, 40)]
    found.through[Way("a", "b", "udp:1")] += [Sounding(one, 0) for one in (10, 30)]
    assert paces(found) == {("a", "b"): 10}
