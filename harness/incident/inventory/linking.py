"""Which address a machine has whose journal does not say so: by its own capture, or because no other is left. Pure."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING

from harness.incident.inventory.identities import Kind, Mark

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from harness.incident.inventory.identities import Identities

WORDS = re.compile(r"[^a-z0-9-]+")
ADDRESS = r"((?:\d{1,3}\.){3}\d{1,3})(?![\d.])"
OTHERS = re.compile(
    r"(?:\bdial (?:tcp|udp)|->|Connecting to MASTER|MASTER MODE|\+sentinel sentinel \S+|\bfrom|\bpeer|\bhost \()"
    rf"[\s\[(]*{ADDRESS}"
)
"""Where programs name the address of somebody else: Go, Redis and its sentinels, servers of their clients."""


def link(
    known: Identities,
    hosts: Iterable[str],
    servers: Iterable[str],
    cables: Mapping[str, Collection[str]],
    mentioned: Mapping[str, Collection[str]],
) -> list[tuple[str, str]]:
    """Join hosts' names to servers' addresses where only one of them can be meant. Return what was guessed.

    `cables` has for each capture the addresses that all its conversations have in common, `mentioned` for each host the
    addresses that its journal has of others: whoever names all but one has that one. Of as many hosts as addresses that
    are left, the first by name is guessed to have the first.
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
    left = sorted(free, key=lambda one: (":" in one, int(ip_address(one))))
    guessed = list(zip(sorted(names), left, strict=True)) if len(names) == len(left) else []
    for name, address in guessed:
        _join(known, [name], {address}, names, free)
    return guessed if len(guessed) > 1 else []


def others_in(message: str) -> list[str]:
    """Return the addresses in a line that are somebody else's."""
    return OTHERS.findall(message) if "." in message else []


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
