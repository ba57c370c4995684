"""Impairments: delay, jitter and loss of one link, from what all pairs suffered whose frames pass it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from harness.faults.links import Impair
from harness.incident.finding import Finding
from harness.incident.network.cuts import frame
from harness.incident.network.delays import looked_at, slower
from harness.incident.network.losses import lossy
from harness.incident.network.shares import together
from harness.incident.network.suspects import suspect

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from harness.faults.links import Way as Direction
    from harness.incident.evidence import Evidence
    from harness.incident.network.delays import Slower
    from harness.incident.network.losses import Lossy
    from harness.incident.network.shares import Share
    from harness.incident.network.silences import Pair, Silence
    from harness.incident.network.soundings import Soundings
    from harness.incident.network.suspects import Suspect, Where
    from harness.incident.record import Record

TOGETHER = 1_000_000_000
"""Changes of one cause may seem to be so far apart, in nanoseconds: pairs that say little show one late."""
AROUND = 500_000_000
"""What got lost so near to a cut is the cut's."""
SETTLES = 2_000_000_000
"""TCP sends too early after a delay has set in, until it has learned how long it takes (RFC 6298)."""
FINE = 10_000_000
MILLISECOND = 1_000_000
SAME = 0.25
"""Both directions are impaired alike where they differ by no more than this share."""
SPREAD = 0.1
MOSTLY = 0.6
VARIES = 0.8
"""Answers that are as uneven as they are late may be those of hosts that are too busy, as round trips can't tell."""
SEEN, INFERRED = 0.95, 0.85
WAYS: tuple[Direction, ...] = ("up", "down")


@dataclass
class Worse:
    """What became worse of a link, for a time, by direction; delays are in nanoseconds."""

    link: Suspect
    began: int
    ended: int | None
    delay: dict[str, int] = field(default_factory=dict)
    jitter: dict[str, int] = field(default_factory=dict)
    loss: dict[str, Share] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)
    confidence: float = INFERRED


def impairments(record: Record, found: Soundings, cut: Sequence[Silence], where: Where) -> list[Finding]:
    """Return the impairments of links. What `cut` says was silent altogether is no loss of single frames."""
    slow = slower(found)
    worse = [one for group in _together(slow) for one in _delayed(record, found, group, where)]
    began = [one.level.began for one in slow]

    def is_explained(pair: Pair, time: int) -> bool:
        return any(_is_during(one, pair, time) for one in cut) or (
            not found.is_exact(pair, time) and any(since <= time < since + SETTLES for since in began)
        )

    for one in lossy(found, is_explained):
        _add(worse, _lost(record, found, one, where))
    return [finding for one in worse for finding in _findings(one)]


def _together(slow: Sequence[Slower]) -> list[list[Slower]]:
    """Return what became slower, and as fast as before, at one time."""
    groups: list[list[Slower]] = []
    for one in sorted(slow, key=lambda each: each.level.began):
        for group in groups:
            first = group[0].level
            if abs(one.level.began - first.began) < TOGETHER and _same_end(one.level.ended, first.ended):
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


def _same_end(one: int | None, other: int | None) -> bool:
    return one is other if one is None or other is None else abs(one - other) < TOGETHER


def _delayed(record: Record, found: Soundings, group: Sequence[Slower], where: Where) -> Iterator[Worse]:
    began = round(median(one.level.began for one in group))
    ends = [one.level.ended for one in group if one.level.ended is not None]
    ended = round(median(ends)) if ends else None
    affected = {frozenset(one.pair) for one in group}
    spared = {frozenset(pair) for pair in looked_at(found, began, ended or record.ended)} - affected
    link = suspect(record.topology, affected, spared, where)
    if link is None or not any(one.sure for one in group):
        return
    seen = [one for one in group if not one.both]
    worse = Worse(link, began, ended, confidence=SEEN if seen else INFERRED)
    for way in WAYS:
        own = [one for one in seen if link.way(one.pair) == way] if seen else group
        if own:
            worse.delay[way] = round(median(one.more + (one.usual if link.line else 0) for one in own))
            worse.jitter[way] = round(median(one.spread for one in own))
    _add_hidden(worse, [one for one in group if one.both])
    if not seen and min(worse.jitter.values()) > VARIES * min(worse.delay.values()):
        worse.confidence /= 2
    for one in (seen or group)[:4]:
        shows = f"the first from {one.pair[0]} to {one.pair[1]} of those that took {one.more / MILLISECOND:.1f} ms more"
        worse.evidence.append(frame(record, one.level.first, f"{shows}{', half of it each way' if one.both else ''}"))
    yield worse


def _add_hidden(worse: Worse, rounds: Sequence[Slower]) -> None:
    """Add what round trips took longer beyond what was seen each way to the direction in which nothing was seen.

    A capture may stand at the switch's end of a card's cable, so that what the card sends passes it late already.
    """
    beyond = [one for one in rounds if one.pair[0] not in worse.link.first] or rounds
    left = median(2 * one.more for one in beyond) - sum(worse.delay.values()) if beyond else 0
    hidden = [way for way in WAYS if way not in worse.delay]
    if len(hidden) == 1 and left > SAME * sum(worse.delay.values()) and not worse.link.line:
        (seen,) = worse.delay
        worse.delay[hidden[0]] = round(left)
        worse.jitter[hidden[0]] = worse.jitter[seen]


def _lost(record: Record, found: Soundings, lost: Lossy, where: Where) -> Worse | None:
    affected = {frozenset(pair) for pair in lost.shares}
    link = suspect(record.topology, affected, {frozenset(pair) for pair in lost.spared} - affected, where)
    if link is None:
        return None
    seen = {pair for pair in lost.shares if pair in found.exact or pair in found.counted}
    worse = Worse(link, lost.began, lost.ended, confidence=SEEN if seen else INFERRED)
    for way in WAYS:
        own = {pair for pair in lost.shares if link.way(pair) == way}
        if own:
            worse.loss[way] = lost.share(own & seen or own)
    sure = {link.way(pair) for pair in seen}
    if len(sure) == 1:  # holes show but the least of what got lost
        worse.loss = dict.fromkeys(worse.loss, worse.loss[min(sure)])
    worse.evidence += [frame(record, place, "lost, and sent again or never answered") for place in lost.first]
    return worse


def _add(every: list[Worse], more: Worse | None) -> None:
    """Add what was lost to what was delayed on the same link at the same time, whose edges are known better."""
    if more is None:
        return
    for one in every:
        if one.link.link == more.link.link and more.ended is not None and _share(one, more) > MOSTLY:
            one.loss = more.loss
            one.evidence += more.evidence
            return
    every.append(more)


def _share(one: Worse, other: Worse) -> float:
    """Return what part of the time of either is that of both."""
    ends = [each.ended if each.ended is not None else other.ended or each.began for each in (one, other)]
    both = min(ends) - max(one.began, other.began)
    return both / max(max(ends) - min(one.began, other.began), 1)


def _findings(worse: Worse) -> Iterator[Finding]:
    """Yield an impairment of both directions where they suffered alike, else one of each.

    From one point alone nobody sees which way a frame was lost that got no answer, or how the time of a round trip is
    shared between both ways; it is taken for one way's where the other one lost nothing that would have been seen.
    """
    if worse.confidence < SEEN and len(worse.loss) == 1:
        (way,) = worse.loss
        worse.delay = {way: sum(worse.delay.values())} if worse.delay else {}
    ways = [way for way in WAYS if way in worse.delay or way in worse.loss]
    alike = len(ways) > 1 and (worse.confidence < SEEN or (_alike(worse.delay) and _as_lossy(worse.loss)))
    each: list[tuple[Direction, list[Direction]]] = [("both", ways)] if alike else [(way, [way]) for way in ways]
    for said, own in each:
        fault = _impair(worse, said, own)
        confidence = round(worse.confidence * worse.link.sure, 2)
        yield Finding(fault, worse.began, worse.ended, tuple(worse.evidence), confidence)


def _alike(values: dict[str, int]) -> bool:
    if not values:
        return True
    return len(values) > 1 and max(values.values()) * (1 - SAME) <= min(values.values())


def _as_lossy(ways: dict[str, Share]) -> bool:
    """Return whether both directions may have lost the same share."""
    return not ways or (
        len(ways) > 1 and not any(one.is_less(other) for one in ways.values() for other in ways.values())
    )


def _impair(worse: Worse, said: Direction, ways: Collection[str]) -> Impair:
    delays = [worse.delay[way] for way in ways if way in worse.delay]
    spreads = [worse.jitter[way] for way in ways if way in worse.jitter]
    losses = [worse.loss[way] for way in ways if way in worse.loss]
    delay = _rounded(sum(delays) / len(delays)) if delays else None
    spread = sum(spreads) / len(spreads) if spreads else 0
    certain = worse.confidence >= SEEN or not losses
    jitter = _rounded(spread) if delays and certain and spread > max(MILLISECOND, SPREAD * max(delays)) else None
    loss = float(f"{together(losses).value:.2g}") if losses else None
    return Impair((worse.link.link,), said, delay=delay, jitter=jitter, loss=loss)


def _rounded(nanoseconds: float) -> timedelta:
    """Return a duration in whole milliseconds, or tenths of one where it is but a few."""
    unit = MILLISECOND if nanoseconds >= FINE else MILLISECOND // 10
    return timedelta(microseconds=round(nanoseconds / unit) * unit // 1000)


def _is_during(silence: Silence, pair: Pair, time: int) -> bool:
    until = silence.next_through.time if silence.next_through is not None else time
    return {*silence.pair} == {*pair} and silence.last_through.time - AROUND <= time <= until + AROUND
