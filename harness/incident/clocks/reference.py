"""The reference clock: the one that most machines of an incident have. Captures and odd machines are put beside it.

Captures that share packets are on one clock already. By what they and the journals both tell, or by what machines say
of the time on the wire, that clock is put beside the machines'. These are taken for one, since NTP keeps them so, but
for those whose journals say otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from harness.incident.clocks.machine_clocks import WINDOW, agreed, matches, weight
from harness.incident.clocks.marks import AT_ONCE, MOST_TIMES
from harness.incident.clocks.placing import as_said, placed
from harness.incident.clocks.stated import bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from harness.incident.clocks.common import Clock, Island
    from harness.incident.clocks.machine_clocks import Match
    from harness.incident.clocks.marks import Key, Marks
    from harness.incident.clocks.placing import Line
    from harness.incident.clocks.stated import StatedTimes
    from harness.incident.stated_time import Stated

CLOSE = 300_000_000
"""Nanoseconds by which machines' clocks may be apart and still be taken for one; NTP keeps them closer."""

SURE = 3.0
"""What has to speak for a machine's clock being apart from the others'."""

UNSURE = 30_000_000
"""What journals leave open, in nanoseconds: lines are written a little after, or before, their frames."""

SECOND = 10**9
PPM = 10**6


class Seen(NamedTuple):
    """What a capture tells of times, on its own clock; `span` is when its first and its last packet came."""

    marks: Marks
    stated: StatedTimes
    span: tuple[int, int] | None = None


@dataclass
class Timing:
    """How each capture's times become the reference's, and the lines of journals with their times on it.

    `hosts` has what was added to the times of odd machines. `uncertainty` is how far two captures may be apart. `notes`
    say what was found of clocks, and what is assumed.
    """

    captures: dict[str, Clock] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    hosts: dict[str, int] = field(default_factory=dict)
    uncertainty: int = 0
    notes: list[str] = field(default_factory=list)


def timing(islands: Sequence[Island], seen: Mapping[str, Seen], logged: Sequence[Line]) -> Timing:
    """Return how all clocks of an incident stand to the reference: the machines' own where they tell it.

    The lines come with the times of clocks that nobody set.
    """
    found = Timing()
    moments: dict[Key, list[int]] = defaultdict(list)
    for island in islands:
        ahead = _place(island, seen, logged, found)
        for key, times in _marks(island, seen).items():
            moments[key] += [time - ahead for time in times]
    spans = [found.captures[name](end) for island in islands for name in island.clocks for end in seen[name].span or ()]
    moved = [(time + found.hosts.get(entry.host, 0), entry) for time, entry in logged]
    found.lines = placed(moved, moments, (min(spans), max(spans)) if spans else None)
    if len(islands) < 2:  # noqa: PLR2004 - one and another
        found.uncertainty = max((one.uncertainty for one in islands), default=0)
    found.notes += _of_hosts(found, logged, captured=bool(islands))
    return found


def _place(island: Island, seen: Mapping[str, Seen], logged: Sequence[Line], found: Timing) -> int:
    """Put an island's captures on the reference clock, and find the machines whose clocks are odd.

    Return how far the island's clock is ahead of the reference.
    """
    marks = _marks(island, seen)
    told, said = matches(logged, marks), matches(as_said(logged), marks)
    best = said if _speaks(said) >= _speaks(told) else told
    ahead, exactly, why = _ahead(island, seen, best if _speaks(best) else matches(as_said(logged), marks, calls=True))
    if why:
        # A capture whose clock may well be the machines' has it.
        nearest = min((clock.ahead + ahead for clock in island.clocks.values()), key=abs)
        ahead -= nearest if abs(nearest) <= UNSURE else 0
    for name, clock in island.clocks.items():
        found.captures[name] = moved = replace(clock, ahead=clock.ahead + ahead)
        found.notes.append(_told(name, moved, island, why))
    found.uncertainty = max(found.uncertainty, island.uncertainty + exactly)
    for host in sorted({one.host for one in told}):
        own = [one for one in told if one.host == host]
        apart = agreed(own)
        if apart is None or abs(apart.ahead - ahead) < CLOSE or apart.weight < SURE:
            continue
        along = weight([one for one in own if abs(one.ahead - ahead) <= WINDOW])
        if along < apart.weight / 2:
            found.hosts.setdefault(host, apart.ahead - ahead)
    return ahead


def _speaks(told: Sequence[Match]) -> float:
    """Return how much speaks for the best offset.

    Clocks that were all set alike, as those of virtual machines that were put back are, agree before as well as after.
    """
    vote = agreed(told)
    return vote.weight if vote is not None else 0.0


def _ahead(island: Island, seen: Mapping[str, Seen], told: Sequence[Match]) -> tuple[int, int, str]:
    """Return how far an island's clock is ahead of the machines', how exactly that is known, and why."""
    vote = agreed(told)
    dates = bounds(_stated(island, seen))
    if vote is not None and (dates is None or dates.least - CLOSE <= vote.ahead <= dates.most + CLOSE):
        ahead = vote.ahead if dates is None else min(max(vote.ahead, dates.least), dates.most)
        return ahead, UNSURE, f"by what journals tell, too ({', '.join(sorted(vote.hosts))})"
    if dates is not None:
        return dates.middle, (dates.most - dates.least) // 2, f"by {dates.dates} dates of HTTP responses"
    return 0, 0, ""


def _marks(island: Island, seen: Mapping[str, Seen]) -> dict[Key, list[int]]:
    """Return the moments of all captures of an island, on its clock, each once."""
    every: dict[Key, list[int]] = defaultdict(list)
    for name, clock in island.clocks.items():
        for key, times in seen[name].marks.times():
            every[key] += map(clock, times)
    once = {key: list(_once(sorted(times))) for key, times in every.items()}
    return {key: times for key, times in once.items() if len(times) <= MOST_TIMES}


def _once(times: Iterable[int]) -> Iterator[int]:
    last = None
    for time in times:
        if last is None or time - last > AT_ONCE:
            yield time
        last = time


def _stated(island: Island, seen: Mapping[str, Seen]) -> Iterator[Stated]:
    for name, clock in island.clocks.items():
        yield from (one._replace(time=clock(one.time)) for one in seen[name].stated.found)


def _told(name: str, clock: Clock, island: Island, why: str) -> str:
    """Return in words how a capture's clock stands."""
    stands = f"{name}: its clock is {abs(clock.ahead) / SECOND:.3f} s {'ahead' if clock.ahead >= 0 else 'behind'}"
    if clock.packets:
        drift = f"{abs(clock.drift) * PPM:.1f} ppm {'fast' if clock.drift >= 0 else 'slow'}"
        by = f"by {clock.packets} packets that {island.reference} has, too, known to {clock.uncertainty / SECOND:.6f} s"
        return f"{stands}, {drift}, {by}"
    if why:
        return f"{stands}, {why}"
    alone = "" if len(island.clocks) > 1 else "it shares no packets with another capture, and "
    return f"{name}: its clock is taken as it is: {alone}neither journals nor HTTP responses tell how it stands"


def _of_hosts(found: Timing, logged: Sequence[Line], *, captured: bool) -> Iterator[str]:
    hosts = sorted({entry.host for _, entry in logged})
    for host in hosts:
        if host in found.hosts:
            way = "behind" if found.hosts[host] > 0 else "ahead of"
            yield f"{host}: its clock is {abs(found.hosts[host]) / SECOND:.3f} s {way} the other machines'"
    same = [host for host in hosts if host not in found.hosts]
    if len(same) > 1 or (same and captured):
        yield f"the clocks of {', '.join(same)} are taken for one, as NTP keeps them"
