"""Faults of cables: pulled, cut in one direction or both, impaired."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import timedelta  # noqa: TC003 - the fields' types are read when schedules are
from typing import TYPE_CHECKING, Literal

from harness.errors import LabError
from harness.faults.fault import Fault, Injected, Observed, Proof
from harness.faults.layers import CUTS, IMPAIRMENTS, Cuts
from harness.network.impairment import Impairment
from harness.network.protocol import BOTH, Counters, Direction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.faults.fault import Rig
    from harness.network.selection import LinkSet

Way = Literal["both", "up", "down"]
"""Which direction of a link: what its first end sends (``up``), what it hears (``down``), or both."""


class Severed(Injected):
    """Links that let nothing through. Healing leaves what was cut before, and what other faults cut since."""

    def __init__(self, links: LinkSet, directions: Sequence[Direction], *, carrier: bool) -> None:
        self._links = links
        self._directions = tuple(directions)
        self._counted = links.counters()
        CUTS.lay(self, links, Cuts(frozenset(directions), carrier).and_also)

    def proof(self) -> Proof:
        """Return how many frames were not let through."""
        now = self._links.counters()
        lost = sum(_grown(self._counted[name], now[name], way, "cut") for name in now for way in self._directions)
        return Proof(lost > 0, f"{lost} frames were not let through at {', '.join(now)}")

    def heal(self) -> None:
        """Let through again what nothing else cuts."""
        CUTS.lift(self, self._links)


class Impaired(Observed):
    """Links in worse conditions, over those that they have, until healing."""

    def __init__(self, links: LinkSet, value: Impairment, directions: Sequence[Direction]) -> None:
        self._links = links
        self._directions = tuple(directions)
        self._counted = links.counters()
        IMPAIRMENTS.lay(self, links, lambda base: {**base, **{way: value.over(base[way]) for way in directions}})

    def look(self) -> Proof:
        """Return whether its links have those conditions, read back, and carry frames."""
        for link in self._links.links:
            wanted = IMPAIRMENTS.wanted(link)
            for way in self._directions:
                if link.impairment(way) != wanted[way]:
                    return Proof(False, f"{link.name} is not in the conditions that were asked for: {way}")
        now = self._links.counters()
        carried = sum(_carried(self._counted[name], now[name], way) for name in now for way in self._directions)
        return Proof(carried > 0, f"{carried} frames came to {', '.join(now)} in those conditions")

    def undo(self) -> None:
        """Put back the conditions that the links have without it."""
        IMPAIRMENTS.lift(self, self._links)


@dataclass(frozen=True)
class OfLinks(Fault):
    """A fault that is done to links, by their names or those of what has links."""

    links: tuple[str, ...]

    def problems(self, rig: Rig) -> list[str]:
        """Return which names mean nothing, or what can't be controlled."""
        try:
            rig.links(*self.links)
        except LabError as error:
            return [str(error)]
        return []


@dataclass(frozen=True)
class Pull(OfLinks):
    """Pull cables out: what stands at their ends sees its carrier go."""

    word = "pull"

    def inject(self, rig: Rig) -> Injected:
        """Pull them."""
        return Severed(rig.links(*self.links), BOTH, carrier=True)


@dataclass(frozen=True)
class Cut(OfLinks):
    """Let nothing through, in both directions or one, and let nobody see it: a broken fibre between switches."""

    word = "cut"

    way: Way = "both"

    def inject(self, rig: Rig) -> Injected:
        """Cut them."""
        return Severed(rig.links(*self.links), _directions(self.way), carrier=False)


@dataclass(frozen=True)
class Impair(OfLinks):
    """Put links in worse conditions, which lie over those that they have: `harness.topology.impairment.Impairment`."""

    word = "impair"

    way: Way = "both"
    delay: timedelta | None = None
    jitter: timedelta | None = None
    loss: float | None = field(default=None, metadata={"unit": "chance"})
    duplicate: float | None = field(default=None, metadata={"unit": "chance"})
    reorder: float | None = field(default=None, metadata={"unit": "chance"})
    corrupt: float | None = field(default=None, metadata={"unit": "chance"})
    rate: int | None = field(default=None, metadata={"unit": "rate"})

    def __post_init__(self) -> None:
        """Raise `ValueError` where there is no such impairment."""
        if self.value.is_nothing():
            raise ValueError("it impairs nothing: give a delay, jitter, loss, duplicate, reorder, corrupt or rate")

    @property
    def value(self) -> Impairment:
        """The impairment itself."""
        return Impairment(**{one.name: getattr(self, one.name) for one in fields(Impairment)})

    def inject(self, rig: Rig) -> Injected:
        """Put them in force."""
        return Impaired(rig.links(*self.links), self.value, _directions(self.way))


def _directions(way: Way) -> Sequence[Direction]:
    return BOTH if way == "both" else [way]


def _grown(before: Counters, now: Counters, way: Direction, what: str) -> int:
    """Return by how much a direction's count of a fate has grown."""
    return _fates(now, way).get(what, 0) - _fates(before, way).get(what, 0)


def _fates(counters: Counters, way: Direction) -> Mapping[str, int]:
    return counters.up if way == "up" else counters.down


def _carried(before: Counters, now: Counters, way: Direction) -> int:
    return now.received - before.received if way == "up" else now.sent - before.sent
