"""Silences: times in which nothing gets through in one direction between two machines, though it was tried."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.incident.soundings import Way

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from harness.incident.soundings import Sounding, Soundings

FEWEST = 3
"""So many frames in a row have to be lost: less is bad luck."""
SHORTEST = 250_000_000
"""And for so long: TCP sends again after 200 ms at the earliest (RFC 6298 as Linux has it), so both were unheard."""
PAUSE = 1_500_000_000
BACKOFF = 1.5
"""Whoever gets no answer doubles the time until the next try (RFC 6298), so that it is as long as all before together.

After a longer pause than that, and than the first figure (nanoseconds), what is tried is another attempt.
"""
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

    @property
    def pair(self) -> Pair:
        """Who is not heard by whom."""
        return self.speaker, self.listener


def silences(found: Soundings) -> list[Silence]:
    """Return all silences by time: those of everything between two machines, and those of one service among several.

    A service is silent by itself where others get through meanwhile; where none do, its silence is one of all.
    """
    ways = sorted({*found.lost, *found.unheard})
    single = [
        one
        for way in ways
        for one in _runs(way, [way], found)
        if any(_heard_within(found.through[other], one) for other in _others(way, found))
    ]
    taken: defaultdict[Way, list[Silence]] = defaultdict(list)
    for one in single:
        taken[Way(one.speaker, one.listener, one.service or "")].append(one)
    whole: list[Silence] = []
    for speaker, listener in sorted({way.pair for way in ways}):
        own = [way for way in {*ways, *found.through} if way.pair == (speaker, listener)]
        whole += _runs((speaker, listener, None), own, found, taken)
    whole = _explained(whole, found)
    single = [one for one in _explained(single, found) if not any(_covers(other, one) for other in whole)]
    return sorted(whole + single, key=lambda one: one.first_lost)


def _others(way: Way, found: Soundings) -> list[Way]:
    return [other for other in found.through if other.pair == way.pair and other.service != way.service]


def _heard_within(through: Sequence[Sounding], silence: Silence) -> bool:
    since, until = silence.first_lost.time + EDGE, silence.last_lost.time - EDGE
    return any(since < one.time < until for one in through)


def _runs(
    who: Who,
    ways: Iterable[Way],
    found: Soundings,
    taken: Mapping[Way, Sequence[Silence]] | None = None,
) -> Iterator[Silence]:
    """Yield the times in which all that is told of some ways together is lost."""
    events: list[tuple[Sounding, int]] = []
    for way in ways:
        gone = (taken or {}).get(way, ())
        events += [(one, 0) for one in found.through.get(way, ())]
        for kind, lost in ((1, found.lost), (2, found.unheard)):
            events += [(one, kind) for one in lost.get(way, ()) if not _within(one, gone)]
    events.sort()
    last: Sounding | None = None
    run: list[tuple[Sounding, int]] = []
    for one, kind in events:
        if kind:
            if run and one.time - run[-1][0].time > PAUSE + BACKOFF * (run[-1][0].time - run[0][0].time):
                yield from _silence(who, last, run, None)
                run = []
            run.append((one, kind))
        else:
            yield from _silence(who, last, run, one)
            last, run = one, []
    yield from _silence(who, last, run, None)


def _within(one: Sounding, silences_: Sequence[Silence]) -> bool:
    return any(silence.first_lost <= one <= silence.last_lost for silence in silences_)


def _silence(
    who: Who, last: Sounding | None, run: Sequence[tuple[Sounding, int]], following: Sounding | None
) -> Iterator[Silence]:
    """Yield a silence where a run of losses is long enough for one, and there was something to be heard before."""
    if last is None or len({one for one, _ in run}) < FEWEST or run[-1][0].time - run[0][0].time < SHORTEST:
        return
    certain = any(kind == 1 for _, kind in run)
    yield Silence(*who, last, run[0][0], run[-1][0], following, len(run), certain)


def _explained(whole: Sequence[Silence], found: Soundings) -> list[Silence]:
    """Leave out what is but the other half of a silence: an answer that could not come to what did not arrive.

    Of two directions that lack answers together, the one in which something got through meanwhile was open.
    """
    return [one for one in whole if not any(_explains(other, one, found) for other in whole)]


def _explains(other: Silence, one: Silence, found: Soundings) -> bool:
    if other.pair != one.pair[::-1] or other.service != one.service or not _covers(other, one):
        return False
    open_ = [way for way in found.through if way.pair == one.pair and one.service in (None, way.service)]
    return any(_heard_within(found.through[way], other) for way in open_)


def _covers(other: Silence, one: Silence) -> bool:
    """Return whether a silence of everything, of either direction, or of the same service lasts as long as this one."""
    return (
        {*other.pair} == {*one.pair}
        and other.first_lost.time - EDGE <= one.first_lost.time
        and one.last_lost.time <= other.last_lost.time + EDGE
    )
