"""Windows: silences that set in together and end together, and who was heard meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from harness.incident.bursts import pace
from harness.incident.network.silences import EDGE
from harness.incident.network.soundings import HIGHEST, first_after

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from harness.incident.network.silences import Pair, Silence
    from harness.incident.network.soundings import Sounding, Soundings

TOGETHER = 150_000_000
"""Silences of one cause may seem to be so far apart: what got through last may have waited in its sender's queues."""
USUAL = 3_000_000_000
"""How far back the usual pace of frames is looked at."""


@dataclass(frozen=True)
class Bracket:
    """Between these two moments something happened; `before` was still as it had been, `after` was so no more."""

    before: int
    after: int

    def meets(self, other: Bracket, slack: int) -> bool:
        """Return whether both may be about the same moment."""
        return self.before <= other.after + slack and other.before <= self.after + slack

    def within(self, other: Bracket) -> Bracket:
        """Return what both leave; the middle of what lies between them where they leave nothing."""
        before, after = max(self.before, other.before), min(self.after, other.after)
        if before > after:
            before = after = (before + after) // 2
        return Bracket(before, after)


@dataclass(frozen=True)
class Window:
    """Some silences of one cause. `ends` has no `after` (`HIGHEST`) where nobody was heard any more."""

    silences: tuple[Silence, ...]
    begins: Bracket
    ends: Bracket

    @cached_property
    def began(self) -> int:
        """When it set in, as far as can be told: in the middle of what is left."""
        return (self.begins.before + self.begins.after) // 2

    @cached_property
    def ended(self) -> int | None:
        """When it was over, likewise; None where it was not while there was evidence."""
        return (self.ends.before + self.ends.after) // 2 if self.ends.after < HIGHEST else None

    @property
    def inside(self) -> tuple[int, int]:
        """A part of it in which the cause was in force for certain, or the middle half where too little was tried."""
        since = min(one.first_lost.time for one in self.silences) + EDGE
        until = max(one.last_lost.time for one in self.silences) - EDGE
        if since < until or self.ended is None:
            return since, max(since, until)
        quarter = (self.ended - self.began) // 4
        return self.began + quarter, self.ended - quarter


def windows(silences: Iterable[Silence], paces: Mapping[Pair, int]) -> list[Window]:
    """Put silences together that may have begun at one moment and ended at one.

    The surest come first, whose moments are known best. `paces` are how often the pairs usually hear something: a
    silence can't have begun much later than the first frame that should have come.
    """
    found: list[Window] = []
    for one in sorted(silences, key=_doubt):
        begins = _begins(one, paces)
        ends = _ends(one)
        for place, window in enumerate(found):
            if begins.meets(window.begins, TOGETHER) and ends.meets(window.ends, TOGETHER):
                found[place] = Window((*window.silences, one), begins.within(window.begins), ends.within(window.ends))
                break
        else:
            found.append(Window((one,), begins, ends))
    return sorted(found, key=lambda window: window.began)


def _doubt(one: Silence) -> int:
    until = one.next_through.time if one.next_through is not None else one.last_lost.time
    return one.first_lost.time - one.last_through.time + until - one.last_lost.time


def _begins(one: Silence, paces: Mapping[Pair, int]) -> Bracket:
    last = one.last_through.time
    after = min(one.first_lost.time, last + 4 * paces.get(one.pair, one.first_lost.time - last))
    return Bracket(last, max(last, min(after, one.slept[0])) if one.slept is not None else after)


def _ends(one: Silence) -> Bracket:
    """Return when a silence ended; where nothing came any more, that may be any time after the last try.

    Its capture may have ended then, or whoever tried have given up, while others go on and tell.
    """
    before, after = one.last_lost.time, one.next_through.time if one.next_through is not None else HIGHEST
    return Bracket(min(after, max(before, one.slept[1])) if one.slept is not None else before, after)


def heard(found: Soundings, since: int, until: int) -> dict[Pair, Sounding]:
    """Return who heard whom within a time, each with one frame that shows it."""
    told: dict[Pair, Sounding] = {}
    for way, through in found.through.items():
        one = first_after(through, since, until) if way.pair not in told else None
        if one is not None:
            told[way.pair] = one
    return told


def silent_throughout(silences: Collection[Silence], since: int, until: int) -> set[Pair]:
    """Return the pairs of whom nothing of any service is heard in a whole time."""
    return {
        one.pair
        for one in silences
        if one.service is None
        and one.last_through.time <= since
        and (one.next_through is None or one.next_through.time >= until)
    }


def paces(found: Soundings) -> dict[Pair, int]:
    """Return how long it usually takes until a pair hears the next frame."""
    times: dict[Pair, list[int]] = {}
    for way, through in found.through.items():
        times.setdefault(way.pair, []).extend(one.time for one in through)
    return {pair: pace(sorted(each)) for pair, each in times.items() if len(each) > 1}
