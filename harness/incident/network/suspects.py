"""Which link it is that all those have in common to whom something happened, and none of those to whom it did not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from harness.incident.network.silences import Pair
    from harness.topology.model import Topology

Ends = frozenset[str]
DOUBTFUL = 0.75
"""How sure a link is where another one would do as well."""


class Where(Protocol):
    """Says where somebody stands, by name."""

    def card(self, machine: str) -> str:
        """Return the link of a machine's card."""

    def site(self, name: str) -> str | None:
        """Return the site of a machine, or of an address, None where it is not known."""


@dataclass(frozen=True)
class Suspect:
    """A link by name, the machines or sites at its first end, and the pairs whose frames pass it.

    `line` says that it is one between sites, `sure` how sure it is that it is this one, from 0 to 1.
    """

    link: str
    first: frozenset[str]
    line: bool
    sure: float

    def way(self, pair: Pair) -> str:
        """Return which direction of the link a pair's frames take: ``up`` is what its first end sends."""
        return "up" if pair[0] in self.first else "down"


def suspect(topology: Topology, affected: Collection[Ends], spared: Collection[Ends], where: Where) -> Suspect | None:
    """Return the link that all affected pairs have in common and no spared one passes, None where there is none.

    A machine's card is in common to all that it says and hears, a line to all between two sites. Where either would do,
    it is the line: all else that passes the card would suffer, too.
    """
    found = [
        one
        for one, passes in _links(topology, affected, where)
        if all(map(passes, affected)) and not any(map(passes, spared))
    ]
    if not found:
        return None
    best = max(found, key=lambda one: (one.line, _witnesses(one, affected)))
    return replace(best, sure=1.0 if len(found) == 1 or _witnesses(best, affected) > 1 else DOUBTFUL)


def _links(
    topology: Topology, affected: Collection[Ends], where: Where
) -> Iterator[tuple[Suspect, Callable[[Ends], bool]]]:
    machines = {machine.name for machine in topology.machines}
    for name in sorted({end for pair in affected for end in pair} & machines):
        yield Suspect(where.card(name), frozenset({name}), False, 1), lambda pair, name=name: name in pair  # type: ignore[misc]
    everyone = machines | {end for pair in affected for end in pair}
    for wan in topology.wans:
        first = frozenset(name for name in everyone if where.site(name) == wan.between[0])
        ends = frozenset(wan.between)

        def passes(pair: Ends, ends: frozenset[str] = ends) -> bool:
            return frozenset(map(where.site, pair)) == ends

        yield Suspect("--".join(wan.between), first, True, 1), passes


def _witnesses(one: Suspect, affected: Collection[Ends]) -> int:
    """Return how many suffer from a link, at its other end."""
    return len({end for pair in affected for end in pair - one.first})
