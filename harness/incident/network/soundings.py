"""What is known of single frames between two machines: this one got through, that one did not."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.incident.network.vantages import Point

HIGHEST = 1 << 63

Pair = tuple[str, str]
"""Who speaks to whom, whatever the service."""
Flow = tuple[str, int, str, int]
"""One direction of a connection: the sender's address and port, and the receiver's."""
BEFORE, BETWEEN, BEHIND = "before", "between", "behind"


class Way(NamedTuple):
    """One direction between two machines, and the service that speaks: ``tcp:2380``, ``udp:5405``, ``arp``."""

    speaker: str
    listener: str
    service: str

    @property
    def pair(self) -> Pair:
        """Who speaks to whom, whatever the service."""
        return self.speaker, self.listener

    @property
    def back(self) -> Way:
        """The other direction."""
        return Way(self.listener, self.speaker, self.service)


class Sounding(NamedTuple):
    """A moment (nanoseconds since 1970), and the packet's place in the record that shows it."""

    time: int
    packet: int


class Trip(NamedTuple):
    """How long a frame took one way, or until its acknowledgement, in nanoseconds.

    A host may delay a mere acknowledgement (RFC 1122); one that came with an answer, or opened a connection, was
    `prompt`.
    """

    time: int
    packet: int
    took: int
    prompt: bool = True


class Stretch(NamedTuple):
    """A part of a pair's way, as captures on it part it: what lies `before` them, `between` them, or `behind` them.

    A capture may stand at the switch's end of a cable, so that the cable itself is before it, or behind.
    """

    pair: Pair
    part: str


@dataclass
class Tally:
    """When frames were sent that could have been found lost on a stretch, and those that were."""

    tried: list[int] = field(default_factory=list)
    lost: list[Sounding] = field(default_factory=list)


@dataclass
class Soundings:
    """What all capture points say together, each by direction.

    `through`: frames that arrived, by a capture at the receiver or by its acknowledgement. `lost`: frames that left and
    did not arrive, for certain where both ends were captured (`exact` has those pairs), else by the lack of an
    answer. `unheard`: the answer itself may be what was lost then, so each such frame is noted for the other
    direction, too. `round_trips` were taken at the sender, `one_way` between two points.
    """

    through: defaultdict[Way, list[Sounding]] = field(default_factory=lambda: defaultdict(list))
    lost: defaultdict[Way, list[Sounding]] = field(default_factory=lambda: defaultdict(list))
    unheard: defaultdict[Way, list[Sounding]] = field(default_factory=lambda: defaultdict(list))
    hidden: defaultdict[Stretch, Tally] = field(default_factory=lambda: defaultdict(Tally))
    """What no capture saw get lost, before the first of them or behind the last one, and is told by what came later."""
    counted: set[Pair] = field(default_factory=set)
    """Pairs of whom the sender numbers all that it sends, so that nothing is lost before a capture unnoticed."""
    gaps: dict[tuple[Point, Flow], list[int]] = field(default_factory=dict)
    """When it showed at a capture that packets of a connection were missing, by their numbers."""
    sent: defaultdict[Way, list[int]] = field(default_factory=lambda: defaultdict(list))
    """When frames left that could have been found lost."""
    round_trips: defaultdict[Way, list[Trip]] = field(default_factory=lambda: defaultdict(list))
    one_way: defaultdict[Way, list[Trip]] = field(default_factory=lambda: defaultdict(list))
    exact: dict[Pair, list[tuple[int, int]]] = field(default_factory=dict)
    """Pairs whose losses are seen, not inferred, and the times in which both ends were captured."""

    asleep: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    """Times in which the capture at a machine's own cable saw nothing at all."""

    def slept(self, pair: Pair, since: int, until: int) -> tuple[int, int] | None:
        """Return the time around another one in which a capture at the cable of either saw nothing at all."""
        every = (span for machine in pair for span in self.asleep.get(machine, ()))
        return next((span for span in every if span[0] <= since and until <= span[1]), None)

    def is_told(self, way: Way) -> bool:
        """Return whether single losses are known of a way: they were seen, or hosts acknowledge what is said so."""
        return way.pair in self.exact or not way.service.startswith("udp")

    def is_exact(self, pair: Pair, time: int) -> bool:
        """Return whether it is seen, not inferred, what is lost from the one to the other at a moment."""
        for began, ended in self.exact.get(pair, ()):  # noqa: SIM110 - it is asked for each packet
            if began <= time <= ended:
                return True
        return False

    def got_through(self, ways: Iterable[Way], since: int, until: int) -> bool:
        """Return whether anything got through within a time, its ends excluded."""
        return any(first_after(self.through.get(way, ()), since, until) is not None for way in ways)

    def put_in_order(self) -> None:
        """Sort everything by time. What was answered was not lost: it was the other capture that missed it."""
        for way, lost in self.lost.items():
            if lost and way.pair in self.exact:
                arrived = {one.packet for one in self.through[way]}
                lost[:] = [one for one in lost if one.packet not in arrived]
        by_way: tuple[Mapping[Way, list[Sounding]], ...] = (
            self.through,
            self.lost,
            self.unheard,
        )
        for each in by_way:
            for soundings in each.values():
                soundings.sort()
        for trips in (*self.round_trips.values(), *self.one_way.values()):
            trips.sort()
        for times in self.sent.values():
            times.sort()
        for tally in self.hidden.values():
            tally.tried.sort()
            tally.lost.sort()


def first_after(soundings: Sequence[Sounding], since: int, until: int) -> Sounding | None:
    """Return the first of some soundings, in order of time, that lies within a time, its ends excluded."""
    place = bisect_right(soundings, (since, HIGHEST))
    return soundings[place] if place < len(soundings) and soundings[place].time < until else None


def last_before(soundings: Sequence[Sounding], moment: int) -> Sounding | None:
    """Return the last of some soundings, in order of time, before a moment."""
    place = bisect_left(soundings, (moment,))
    return soundings[place - 1] if place else None
