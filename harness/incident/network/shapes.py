"""Shapes: which fault keeps just these machines from hearing those, in the topology's names; the smallest that does."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from harness.faults.partitions import Bridge, Deafen, Isolate, Partition, Ring, Split
from harness.network import hearing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from harness.incident.network.silences import Pair
    from harness.network.hearing import Hearing
    from harness.topology.model import Topology

FEW = 7
"""Of so many machines every subset is looked at; of more, sites and what the silences themselves make up."""
UNSEEN = 0.05
"""What a pair costs that a fault would silence and that nobody can tell of, in names."""

Names = tuple[str, ...]


@dataclass(frozen=True)
class Shape:
    """A fault, and who does not hear whom by it: speaker, listener."""

    fault: Partition
    silent: frozenset[Pair]
    cost: float


def explain(
    topology: Topology, silent: Collection[Pair], heard: Collection[Pair], *, of: Collection[Pair]
) -> list[Shape]:
    """Return the fewest and smallest faults that explain some silent pairs, `of`.

    They may silence whatever else is silent, or was neither heard nor missed, but nobody who was heard. Names are
    those of sites where a fault is about all of their machines.
    """
    machines = [machine.name for machine in topology.machines]
    told = {end for pair in (*silent, *heard) for end in pair} & set(machines)
    seen = [name for name in machines if name in told]
    silent_, heard_ = _among(silent, seen), _among(heard, seen)
    left = _among(of, seen)
    possible = [
        shape for shape in _candidates(topology, seen, silent_, heard_) if not shape.silent & heard_ and shape.silent
    ]
    chosen = []
    while left and possible:
        best = min(possible, key=lambda shape: _price(shape, silent_) / max(len(shape.silent & left), 1e-9))
        whole = [shape for shape in possible if left <= shape.silent]
        if whole:
            best = min(whole, key=lambda shape: _price(shape, silent_))
        if not best.silent & left:
            break
        chosen.append(best)
        left -= best.silent
    return chosen


def _among(pairs: Iterable[Pair], machines: Collection[str]) -> set[Pair]:
    return {(one, other) for one, other in pairs if one in machines and other in machines}


def _price(shape: Shape, silent: Collection[Pair]) -> float:
    return shape.cost + UNSEEN * len(shape.silent.difference(silent))


def _candidates(topology: Topology, seen: list[str], silent: set[Pair], heard: set[Pair]) -> Iterator[Shape]:
    sites = _sites(topology)
    for group in _groups(seen, silent, heard, sites):
        names = _named(group, sites)
        yield Shape(Isolate(names), _silent(hearing.isolate(group, seen)), len(names))
    for one, other in _sides(silent):
        yield from _split(one, other, seen, sites)
    for speakers, listeners in _one_way(silent):
        who, to = _named(listeners, sites), _named(speakers, sites)
        yield Shape(Deafen(who, to), _silent(hearing.one_way(listeners, speakers)), len(who) + len(to) + 0.5)
    if len(seen) > 4:  # noqa: PLR2004 - of fewer, each hears all
        yield Shape(Ring(tuple(seen)), _silent(hearing.majorities_ring(seen)), 3)


def _split(one: Names, other: Names, seen: list[str], sites: Mapping[str, Names]) -> Iterator[Shape]:
    names, others = _named(one, sites), _named(other, sites)
    silent = _silent(hearing.halves(one, other))
    yield Shape(Split(names, others), silent, len(names) + len(others))
    over = tuple(name for name in seen if name not in {*one, *other})
    if len(over) == 1 and len(seen) > 3:  # noqa: PLR2004 - of three, it is no other than a split
        yield Shape(Bridge(names, over, others), silent, len(names) + len(others) - 0.25)


def _silent(who: Hearing) -> frozenset[Pair]:
    return frozenset((speaker, listener) for listener, speakers in who.items() for speaker in speakers)


def _sites(topology: Topology) -> dict[str, Names]:
    return {
        site.name: tuple(machine.name for machine in topology.machines if machine.site == site.name)
        for site in topology.sites
    }


def _named(machines: Collection[str], sites: Mapping[str, Names]) -> Names:
    """Return names for some machines: those of the sites that are wholly among them, then those of single ones."""
    left, names = list(machines), []
    for site, there in sites.items():
        if there and set(there) <= set(machines):
            names.append(site)
            left = [name for name in left if name not in there]
    return (*names, *left)


def _groups(seen: list[str], silent: set[Pair], heard: set[Pair], sites: Mapping[str, Names]) -> list[Names]:
    """Return who may have been cut off together: at most half of all, or a site."""
    groups: dict[Names, None] = {}
    for there in sites.values():
        groups[tuple(name for name in there if name in seen)] = None
    sizes = range(1, len(seen) // 2 + 1) if len(seen) <= FEW else (1,)
    for size in sizes:
        groups.update(dict.fromkeys(combinations(seen, size)))
    groups.update(dict.fromkeys(_parts(seen, silent, heard)))
    return [group for group in groups if 0 < len(group) < len(seen)]


def _parts(seen: list[str], silent: set[Pair], heard: set[Pair]) -> Iterator[Names]:
    """Yield those who heard each other, in one direction at least, and those who may have."""
    yield from _connected(seen, {frozenset(pair) for pair in heard})
    apart = {frozenset(pair) for pair in silent}
    every = {frozenset(pair) for pair in combinations(seen, 2)}
    yield from _connected(seen, every - apart)


def _connected(seen: list[str], edges: Collection[frozenset[str]]) -> Iterator[Names]:
    left = list(seen)
    while left:
        part, border = {left[0]}, [left[0]]
        while border:
            end = border.pop()
            near = {one for edge in edges if end in edge for one in edge} - part
            part |= near
            border += sorted(near)
        yield tuple(name for name in seen if name in part)
        left = [name for name in left if name not in part]


def _sides(silent: set[Pair]) -> Iterator[tuple[Names, Names]]:
    """Yield the groups that don't hear each other, both ways: each machine's, made as large as it gets."""
    yield from _complete({pair for pair in silent if pair[::-1] in silent})
    for one, other in sorted(silent):
        yield (one,), (other,)


def _one_way(silent: set[Pair]) -> Iterator[tuple[Names, Names]]:
    single = {pair for pair in silent if pair[::-1] not in silent}
    yield from _complete(single)
    yield from _complete(silent)


def _complete(pairs: set[Pair]) -> Iterator[tuple[Names, Names]]:
    """Yield pairs of groups of which each of the one is paired with each of the other, starting from each machine."""
    made = set()
    for start in sorted({one for one, _ in pairs}):
        others = {other for one, other in pairs if one == start}
        sides = {one for one, _ in pairs if all((one, other) in pairs for other in others)}
        made.add((tuple(sorted(sides)), tuple(sorted(others))))
    yield from sorted(made)
