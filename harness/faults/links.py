"""Faults of cables: pulled, cut in one direction or both, impaired."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import timedelta  # noqa: TC003 - the fields' types are read when schedules are
from typing import TYPE_CHECKING, Literal

from harness.faults.fault import Fault, Injected, Observed, Proof
from harness.network.impairment import Impairment
from harness.network.protocol import BOTH, Counters, Direction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.faults.fault import Rig
    from harness.network.selection import LinkSet

Way = Literal["both", "up", "down"]
"""Which direction of a link: what its first end sends (``up``), what it hears (``down``), or both."""


class Severed(Injected):
    """Links that let nothing through. Healing puts back what was cut before."""

    def __init__(self, links: LinkSet, directions: Sequence[Direction], *, carrier: bool) -> None:
        self._links = links
        self._directions = tuple(directions)
        self._before = {link.name: [way for way in BOTH if link.is_cut(way)] for link in links.links}
        self._counted = links.counters()
        links.cut(directions=directions, carrier=carrier)

    def proof(self) -> Proof:
        """Return how many frames were not let through."""
        now = self._links.counters()
        lost = sum(_grown(self._counted[name], now[name], way, "cut") for name in now for way in self._directions)
        return Proof(lost > 0, f"{lost} frames were not let through at {', '.join(now)}")

    def heal(self) -> None:
        """Restore the links, but for what was cut before."""
        self._links.restore()
        for link in self._links.links:
            if before := self._before[link.name]:
                link.cut(directions=before, carrier=False)


class Impaired(Observed):
    """Links in other conditions than before, which healing puts back."""

    def __init__(self, links: LinkSet, value: Impairment, directions: Sequence[Direction]) -> None:
        self._links = links
        self._value = value
        self._directions = tuple(directions)
        self._before = {(link.name, way): link.impairment(way) for link in links.links for way in directions}
        self._counted = links.counters()
        for link in links.links:
            for way in directions:
                link.impair(value.over(self._before[link.name, way]), directions=[way])

    def look(self) -> Proof:
        """Return whether its links have those conditions, read back, and carry frames."""
        for link in self._links.links:
            for way in self._directions:
                wanted = self._value.over(self._before[link.name, way])
                if link.impairment(way) != wanted:
                    return Proof(False, f"{link.name} is not in the conditions that were asked for: {way}")
        now = self._links.counters()
        carried = sum(_carried(self._counted[name], now[name], way) for name in now for way in self._directions)
        return Proof(carried > 0, f"{carried} frames came to {', '.join(now)} in those conditions")

    def undo(self) -> None:
        """Put back the conditions that were before."""
        for link in self._links.links:
            for way in self._directions:
                link.impair(self._before[link.name, way], directions=[way])


@dataclass(frozen=True)
class Pull(Fault):
    """Pull cables out: what stands at their ends sees its carrier go."""

    word = "pull"

    links: tuple[str, ...]

    def inject(self, rig: Rig) -> Injected:
        """Pull them."""
        return Severed(rig.links(*self.links), BOTH, carrier=True)


@dataclass(frozen=True)
class Cut(Fault):
    """Let nothing through, in both directions or one, and let nobody see it: a broken fibre between switches."""

    word = "cut"

    links: tuple[str, ...]
    way: Way = "both"

    def inject(self, rig: Rig) -> Injected:
        """Cut them."""
        return Severed(rig.links(*self.links), _directions(self.way), carrier=False)


@dataclass(frozen=True)
class Impair(Fault):
    """Put links in worse conditions, which lie over those that they have: `harness.topology.impairment.Impairment`."""

    word = "impair"

    links: tuple[str, ...]
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
