"""Which address a machine has whose journal does not say so: by its own capture, or because no other is left. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.incident.identities import Kind, Mark

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from harness.incident.identities import Identities

WORDS = re.compile(r"[^a-z0-9-]+")
ADDRESS = re.compile(r"(?<![\d.])((?:\d{1,3}\.){3}\d{1,3})(?![\d.])")


def link(
    known: Identities,
    hosts: Iterable[str],
    servers: Iterable[str],
    cables: Mapping[str, Collection[str]],
    mentioned: Mapping[str, Collection[str]],
) -> None:
    """Join hosts' names to servers' addresses where only one of them can be meant.

    `cables` has for each capture the addresses that all its conversations have in common, `mentioned` for each host the
    addresses that its journal names: whoever names all the others but one, has that one.
    """
    names = [name for name in hosts if not _addresses(known, name)]
    free = {address for address in servers if not _named(known, address)}
    for file, ends in cables.items():
        meant = [name for name in names if name in _words(file)]
        own = free.intersection(ends)
        if len(meant) == len(own) == 1:
            _join(known, meant, own, names, free)
    for name in list(names):
        others = free.intersection(mentioned.get(name, ()))
        if others and len(own := free - others) == 1:
            _join(known, [name], own, names, free)
    if len(names) == len(free) == 1:
        _join(known, list(names), free, names, free)


def addresses_in(message: str) -> Iterable[str]:
    """Return all IPv4 addresses that a line has."""
    return ADDRESS.findall(message) if "." in message else ()


def _join(known: Identities, meant: list[str], own: set[str], names: list[str], free: set[str]) -> None:
    name, address = meant[0], next(iter(own))
    known.same(Mark(Kind.HOST, name), Mark(Kind.ADDRESS, address))
    names.remove(name)
    free -= {address}


def _addresses(known: Identities, name: str) -> set[str]:
    return {mark.value for mark in known.marks(Mark(Kind.HOST, name)) if mark.kind == Kind.ADDRESS}


def _named(known: Identities, address: str) -> bool:
    return any(
        mark.kind in {Kind.TOPOLOGY, Kind.CONFIG, Kind.HOST} for mark in known.marks(Mark(Kind.ADDRESS, address))
    )


def _words(file: str) -> set[str]:
    """Return the words of a path; ``db1-any.pcap`` has ``db1``, too."""
    words = {word for word in WORDS.split(file.lower()) if word}
    return words | {part for word in words for part in word.split("-")}
