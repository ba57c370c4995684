"""Which names, addresses and identifiers are one machine's, by what says so of two of them. Pure."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from harness.topology.scalars import LABEL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NO_LABEL = re.compile(r"[^a-z0-9-]+")


class Kind(IntEnum):
    """What tells a machine; of a machine's names, that of the first kind is the one that it goes by."""

    TOPOLOGY = 0
    CONFIG = 1
    HOST = 2
    """A journal's ``_HOSTNAME``."""
    DHCP = 3
    MEMBER_NAME = 4
    """What a cluster calls it."""
    ADDRESS = 5
    MAC = 6
    MEMBER = 7
    """A member's identifier, in hexadecimal digits."""


NAMES = frozenset({Kind.TOPOLOGY, Kind.CONFIG, Kind.HOST, Kind.DHCP, Kind.MEMBER_NAME})
OWN = frozenset({Kind.TOPOLOGY, Kind.CONFIG, Kind.HOST})
"""Of these a machine has one each."""


class Mark(NamedTuple):
    """Something that tells a machine."""

    kind: Kind
    value: str


class Identities:
    """What is known of who is who. What is said first counts: what would make two machines one is not believed.

    `nobodys` are marks that tell nobody, whatever is said of them.
    """

    def __init__(self, nobodys: Iterable[Mark] = ()) -> None:
        self._of: dict[Mark, set[Mark]] = {}
        self._nobodys = frozenset(nobodys)

    def know(self, kind: Kind, value: str) -> Mark:
        """Take something that tells a machine; names that differ in case and domain only are one."""
        mark = Mark(kind, value)
        if mark not in self._of:
            self._of[mark] = {mark}
            if kind in NAMES:
                for other in NAMES - {kind}:
                    if (same := Mark(other, value)) in self._of:
                        self._join(mark, same)
        return mark

    def same(self, one: Mark, other: Mark) -> None:
        """Take it that both tell one machine, unless it would have two names of its own then."""
        self._join(self.know(*one), self.know(*other))

    def _join(self, one: Mark, other: Mark) -> None:
        here, there = self._of[one], self._of[other]
        if (
            here is there
            or not self._nobodys.isdisjoint((one, other))
            or _own(here) & {mark.kind for mark in there} & OWN
        ):
            return
        small, large = sorted((here, there), key=len)
        large |= small
        for mark in small:
            self._of[mark] = large

    def marks(self, mark: Mark) -> frozenset[Mark]:
        """Return all marks of the machine that has this one."""
        return frozenset(self._of.get(mark, {mark}))

    def __iter__(self) -> Iterator[frozenset[Mark]]:
        """Yield the marks of each machine."""
        seen: dict[int, frozenset[Mark]] = {}
        for mark, marks in self._of.items():
            if id(marks) not in seen and mark not in self._nobodys:
                seen[id(marks)] = frozenset(marks)
        yield from seen.values()


def _own(marks: set[Mark]) -> set[Kind]:
    return {mark.kind for mark in marks if mark.kind in OWN}


def label(name: str) -> str:
    """Return a name as a host name label: its first label, in lower case, with hyphens for what a label can't have."""
    found = NO_LABEL.sub("-", name.strip().lower().partition(".")[0])[:63].strip("-")
    return found if LABEL.fullmatch(found) else ""


def name_of(marks: frozenset[Mark]) -> str:
    """Return the name that a machine goes by: one that it was given, or one made of its first address."""
    named = min((mark for mark in marks if mark.kind in NAMES), default=None)
    if named is not None:
        return named.value
    addresses = sorted((mark.value for mark in marks if mark.kind == Kind.ADDRESS), key=_by_number)
    others = sorted(mark.value for mark in marks)
    return "node-" + NO_LABEL.sub("-", (addresses or others)[0])


def _by_number(address: str) -> tuple[bool, list[int], str]:
    parts = address.split(".")
    return ":" in address, [int(part) for part in parts if part.isdecimal()], address
