"""What faults do to links lies in layers: each is taken away when it wants, and what the others do stays in force.

None of them could put back what it found: where two are on one link, that is the doing of the other, which may have
ended since.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import WeakKeyDictionary

from harness.network.protocol import BOTH, Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.network.impairment import Impairment
    from harness.network.protocol import Link
    from harness.network.selection import LinkSet

State = TypeVar("State")


class _Pile(Generic[State]):
    """What one link was like before any fault, and what those in force make of it, by who did it, in their order."""

    def __init__(self, before: State) -> None:
        self.before = before
        self.layers: dict[object, Callable[[State], State]] = {}

    def wanted(self) -> State:
        return reduce(lambda state, layer: layer(state), self.layers.values(), self.before)


class Layers(Generic[State]):
    """One property of links that faults change: how it is read, and how one state of it is replaced by another."""

    def __init__(self, read: Callable[[Link], State], put: Callable[[LinkSet, State, State], None]) -> None:
        self._read = read
        self._put = put
        self._piles: WeakKeyDictionary[Link, _Pile[State]] = WeakKeyDictionary()
        self._lock = threading.RLock()

    def lay(self, owner: object, links: LinkSet, layer: Callable[[State], State]) -> None:
        """Lay what an owner does over what these links are like. Where that can't be put in force, nothing is done."""
        with self._lock:
            try:
                for one in links.each():
                    (link,) = one.links
                    if link not in self._piles:
                        self._piles[link] = _Pile(self._read(link))
                    pile = self._piles[link]
                    before = pile.wanted()
                    pile.layers[owner] = layer
                    self._put(one, before, pile.wanted())
            except BaseException:
                self.lift(owner, links)
                raise

    def lift(self, owner: object, links: LinkSet) -> None:
        """Take an owner's layer away again; links on which it has none stay as they are."""
        with self._lock:
            for one in links.each():
                (link,) = one.links
                pile = self._piles.get(link)
                if pile is None or owner not in pile.layers:
                    continue
                before = pile.wanted()
                del pile.layers[owner]
                if not pile.layers:
                    del self._piles[link]
                self._put(one, before, pile.wanted())

    def wanted(self, link: Link) -> State:
        """Return what a link should be like now."""
        with self._lock:
            pile = self._piles.get(link)
            return self._read(link) if pile is None else pile.wanted()


@dataclass(frozen=True)
class Cuts:
    """Which directions of a link are cut, and whether what stands at its end sees its carrier go."""

    directions: frozenset[Direction]
    carrier: bool = False

    def and_also(self, other: Cuts) -> Cuts:
        """Return what is cut by either."""
        return Cuts(self.directions | other.directions, self.carrier or other.carrier)


def _cuts(link: Link) -> Cuts:
    """Read which directions are cut. The carrier can't be read, so what a scenario has pulled itself counts as cut."""
    return Cuts(frozenset(way for way in BOTH if link.is_cut(way)))


def _cut(links: LinkSet, before: Cuts, wanted: Cuts) -> None:
    if not wanted.directions:
        links.restore()
    elif wanted != before:
        links.cut(directions=[way for way in BOTH if way in wanted.directions], carrier=wanted.carrier)


def _impairments(link: Link) -> Mapping[Direction, Impairment]:
    return {way: link.impairment(way) for way in BOTH}


def _impair(links: LinkSet, before: Mapping[Direction, Impairment], wanted: Mapping[Direction, Impairment]) -> None:
    for way in BOTH:
        if wanted[way] != before[way]:
            links.impair(wanted[way], directions=[way])


CUTS = Layers(_cuts, _cut)
IMPAIRMENTS = Layers(_impairments, _impair)
