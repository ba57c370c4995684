"""Whose frames pass each captured link: a machine's own cable has only that one's, and what is sent to it. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.incident.inventory.wires import Wires


def sees(wires: Wires, machine_of: Mapping[str, str]) -> dict[tuple[str, str], frozenset[str]]:
    """Return for each link of a capture the machines all of whose frames pass it, as far as that can be told.

    An end that all conversations have in common is the machine whose cable it is. Else those count that converse with
    two others at least. What was heard one way only tells less: a switch floods what is sent to who has gone.
    """
    found = {}
    machines = {*machine_of.values()}
    for link, pairs in wires.pairs.items():
        named = {(machine_of.get(src, src), machine_of.get(dst, dst)) for src, dst in pairs}
        both_ways = {pair for pair in named if pair[::-1] in named} or named
        common = set.intersection(*(set(pair) for pair in both_ways))
        spoken: dict[str, set[str]] = defaultdict(set)
        for one, other in both_ways:
            spoken[one].add(other)
            spoken[other].add(one)
        several = {end for end, others in spoken.items() if len(others) > 1}
        found[link] = frozenset((common or several) & machines)
    return found


def common_ends(wires: Wires) -> dict[str, set[str]]:
    """Return for each capture the IP addresses that are an end of all its conversations."""
    pairs: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for capture, src, dst in wires.said:
        pairs[capture].add((src, dst))
    found = {}
    for capture, said in pairs.items():
        both_ways = {pair for pair in said if pair[::-1] in said} or said
        found[capture] = set.intersection(*(set(pair) for pair in both_ways))
    return found
