"""Silences: times in which nothing gets through in one direction between two machines, though it was tried."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.incident.bursts import pace
from harness.incident.network.luck import is_chance, moments
from harness.incident.network.soundings import HIGHEST, Way, first_after, last_before

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from harness.incident.network.soundings import Sounding, Soundings

FEWEST = 3
"""So many frames in a row have to be lost: less is bad luck."""
SHORTEST = 250_000_000
"""And for so long: TCP sends again after 200 ms at the earliest (RFC 6298 as Linux has it), so both were unheard."""
NEAR = 3_000_000_000
NOISE = 2
"""Other services of a pair lose at least so many frames, so near, where a link loses frames by chance (nanoseconds)."""
PAUSE = 1_500_000_000
BACKOFF = 1.5
"""Whoever gets no answer doubles the time until the next try (RFC 6298), so that it is as long as all before together.

After a longer pause than that, and than the first figure (nanoseconds), what is tried is another attempt; but who
seldom speaks, as members of gossip, may pause for twice as long as they usually do.
"""
SELDOM = 2
LONGEST = 5_000_000_000
EDGE = 100_000_000
"""What gets through so near to a silence's ends may have been on its way."""

Pair = tuple[str, str]
Who = tuple[str, str, str | None]
"""Speaker, listener, service."""


@dataclass(frozen=True)
class Silence:
    """Nothing got through from `speaker` to `listener`, of any service or of one alone.

    It set in after `last_through` and before `first_lost`, and was over after `last_lost` and before `next_through`,
    which is None where nothing was heard any more. `certain` says that the loss itself was seen, not only the lack of
    an answer.
    """

    speaker: str
    listener: str
    service: str | None
    last_through: Sounding
    first_lost: Sounding
    last_lost: Sounding
    next_through: Sounding | None
    lost: int
    certain: bool
    slept: tuple[int, int] | None = None
    """When the cable of either carried nothing at all, as far as that was captured."""

    @property
    def pair(self) -> Pair:
        """Who is not heard by whom."""
        return self.speaker, self.listener


def silences(found: Soundings) -> list[Silence]:
    """Return all silences by time: those of everything between two machines, and those of one service among several.

    A service is silent by itself where others get through meanwhile; where none do, its silence is one of all. Of UDP
    alone that is told only where losses were seen: nobody else acknowledges for a program that stands still.
    """
    ways = sorted({*found.lost, *found.unheard})
    talk: defaultdict[Pair, set[Way]] = defaultdict(set)
    for way in {*ways, *found.through}:
        talk[way.pair].add(way)
    told = [way for way in ways if found.is_told(way)]
    single = [one for way in told for one in _runs(way, [way], found) if _others_go_on(way, one, talk, found)]
    taken: defaultdict[Way, list[Silence]] = defaultdict(list)
    for one in single:
        taken[Way(one.speaker, one.listener, one.service or "")].append(one)
    whole: list[Silence] = []
    for pair in sorted({way.pair for way in ways}):
        whole += _runs((*pair, None), talk[pair], found, taken)
    whole = _explained(whole, found)
    single = [one for one in _explained(single, found) if not any(_covers(other, one) for other in whole)]
    quiet = [one for one in single if not _is_noisy(one, [*whole, *single], found)]
    return sorted([*_alone(whole, quiet, talk, found), *quiet], key=lambda one: one.first_lost)


def _alone(
    whole: Sequence[Silence], single: Sequence[Silence], talk: Mapping[Pair, set[Way]], found: Soundings
) -> Iterator[Silence]:
    """Yield silences of everything; those of the one service that is tried are its own where it is silent elsewhere."""
    for one in whole:
        tried = {
            way.service
            for way in talk[one.pair] | talk.get(one.pair[::-1], set())
            if any(one.first_lost <= each <= one.last_lost for each in found.lost.get(way, ()))
        }
        same = any({each.service} == tried and {*each.pair} & {*one.pair} and _meet(each, one) for each in single)
        yield replace(one, service=next(iter(tried))) if same else one


def _meet(one: Silence, other: Silence) -> bool:
    return one.first_lost.time < other.last_lost.time and other.first_lost.time < one.last_lost.time


def _is_noisy(single: Silence, every: Sequence[Silence], found: Soundings) -> bool:
    """Return whether other services of a pair lose frames, too, about when one falls silent: then it is bad luck."""
    since, until = single.first_lost.time - NEAR, single.last_lost.time + NEAR
    lost = [
        one
        for way, each in found.lost.items()
        if {*way.pair} == {*single.pair} and way.service != single.service and found.is_told(way)
        for one in each
        if since < one.time < until and not any(_is_of(other, way, one) for other in every)
    ]
    return len(moments(lost)) >= NOISE


def _is_of(silence: Silence, way: Way, one: Sounding) -> bool:
    """Return whether a loss is one of a silence, of either direction."""
    return (
        {*silence.pair} == {*way.pair}
        and silence.service in {None, way.service}
        and silence.first_lost <= one <= silence.last_lost
    )


def _others_go_on(way: Way, silence: Silence, talk: Mapping[Pair, set[Way]], found: Soundings) -> bool:
    """Return whether other services get through while one is silent.

    Where they are heard in the other direction alone, that tells the service apart if it is not heard there itself:
    what is said in datagrams is not acknowledged, so nobody may know of the direction itself.
    """
    since, until = silence.first_lost.time + EDGE, silence.last_lost.time - EDGE
    if found.got_through(talk[way.pair] - {way}, since, until):
        return True
    back = talk.get(way.pair[::-1], set())
    return not found.got_through([way.back], since, until) and found.got_through(back - {way.back}, since, until)


def _runs(
    who: Who, ways: Collection[Way], found: Soundings, taken: Mapping[Way, Sequence[Silence]] | None = None
) -> Iterator[Silence]:
    """Yield the times in which all that is told of some ways together is lost."""
    tries: list[tuple[Sounding, bool]] = []
    for way in ways:
        gone = (taken or {}).get(way, ())
        for kind, lost in ((True, found.lost), (False, found.unheard)):
            tries += [(one, kind) for one in lost.get(way, ()) if not _within(one, gone)]
    tries.sort()
    patience = _patience(ways, found) if tries else PAUSE
    runs: list[list[tuple[Sounding, bool]]] = []
    for one, kind in tries:
        run = runs[-1] if runs else []
        if not run or _ends_before(one, run, patience) or found.got_through(ways, run[-1][0].time, one.time):
            runs.append([])
        runs[-1].append((one, kind))
    yield from _silences(who, ways, runs, found)


def _patience(ways: Collection[Way], found: Soundings) -> int:
    """Return for how long nothing may be tried in the midst of an attempt."""
    through = sorted(one.time for way in ways for one in found.through.get(way, ()))
    return max(PAUSE, min(SELDOM * pace(through), LONGEST)) if len(through) > 1 else PAUSE


def _ends_before(one: Sounding, run: Sequence[tuple[Sounding, bool]], patience: int) -> bool:
    """Return whether it is too long since the last try for this one to be of the same attempts."""
    first, last = run[0][0].time, run[-1][0].time
    return one.time - last > patience + BACKOFF * (last - first)


def _within(one: Sounding, silences_: Sequence[Silence]) -> bool:
    return any(silence.first_lost <= one <= silence.last_lost for silence in silences_)


def _silences(
    who: Who, ways: Collection[Way], runs: Sequence[Sequence[tuple[Sounding, bool]]], found: Soundings
) -> Iterator[Silence]:
    """Yield silences: runs of losses that are long enough, and no chance, where something was heard before."""
    long_ = [run for run in runs if _is_long(who, run, found)]
    through = [found.through[way] for way in ways if way in found.through]
    single = moments([one for run in runs if run not in long_ for one, _ in run])
    heard = moments([one for each in through for one in each]) if long_ and single else []
    for run in long_:
        first, last = run[0][0], run[-1][0]
        before = [one for one in (last_before(each, first.time) for each in through) if one is not None]
        slept = found.slept(who[:2], first.time, last.time)
        if not before or (not slept and is_chance(moments([one for one, _ in run]), single, heard)):
            continue
        after = [one for one in (first_after(each, last.time, HIGHEST) for each in through) if one is not None]
        if after and min(after).time - max(before).time < SHORTEST:
            continue
        certain = any(seen for _, seen in run)
        yield Silence(*who, max(before), first, last, min(after, default=None), len(run), certain, slept)


def _is_long(who: Who, run: Sequence[tuple[Sounding, bool]], found: Soundings) -> bool:
    """Return whether a run of losses is long enough; where a cable carried nothing at all meanwhile, one is enough."""
    first, last = run[0][0].time, run[-1][0].time
    return found.slept(who[:2], first, last) is not None or (len(run) >= FEWEST and last - first >= SHORTEST)


def _explained(whole: Sequence[Silence], found: Soundings) -> list[Silence]:
    """Leave out what is but the other half of a silence: an answer that could not come to what did not arrive.

    Of two directions that lack answers together, the one in which something got through meanwhile was open.
    """
    return [one for one in whole if not any(_explains(other, one, found) for other in whole)]


def _explains(other: Silence, one: Silence, found: Soundings) -> bool:
    if other.pair != one.pair[::-1] or other.service != one.service or not _covers(other, one):
        return False
    since, until = other.first_lost.time + EDGE, other.last_lost.time - EDGE
    open_ = [way for way in found.through if way.pair == one.pair and one.service in {None, way.service}]
    return found.got_through(open_, since, until)


def _covers(other: Silence, one: Silence) -> bool:
    """Return whether a silence of everything, of either direction, or of the same service lasts as long as this one."""
    until = max(other.last_lost.time, other.next_through.time if other.next_through is not None else HIGHEST)
    return (
        {*other.pair} == {*one.pair}
        and other.last_through.time - EDGE <= one.first_lost.time
        and one.last_lost.time <= until + EDGE
    )
