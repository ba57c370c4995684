"""Which ids a user namespace may have besides the user's own: those that /etc/subuid and /etc/subgid grant (subuid(5)).

Pure: text in, values out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FIRST, COUNT = 100_000, 65_536
"""Where useradd(8) begins to grant ids, and how many it grants a user."""

MOST_LINES = 340
"""Lines that a map may have (user_namespaces(7))."""


@dataclass(frozen=True)
class Span:
    """One line of a map: `count` ids from `inside` on are those from `outside` on in the namespace above."""

    inside: int
    outside: int
    count: int

    def __str__(self) -> str:
        return f"{self.inside} {self.outside} {self.count}"


@dataclass(frozen=True)
class Identity:
    """An id with the names that a file may know its owner by, and the ids that are its as well, as first and count."""

    number: int
    granted: tuple[tuple[int, int], ...] = ()

    def spans(self) -> tuple[Span, ...]:
        """Return the map by which this id is root inside, and those granted are 1, 2 and so on."""
        spans = [Span(0, self.number, 1)]
        for first, count in self.granted[: MOST_LINES - 1]:
            spans.append(Span(spans[-1].inside + spans[-1].count, first, count))
        return tuple(spans)


def granted(text: str, name: str, number: int) -> tuple[tuple[int, int], ...]:
    """Return what /etc/subuid or /etc/subgid grants a user, known by its name or number, as first id and count.

    Lines that make no sense are left out, as newuidmap(1) does.
    """
    return tuple((first, count) for owner, first, count in _ranges(text.splitlines()) if owner in {name, str(number)})


def free_range(*texts: str) -> str:
    """Return ids that none of these files grants anybody, as usermod(8) takes them: ``FIRST-LAST``."""
    ends = [first + count for text in texts for _, first, count in _ranges(text.splitlines())]
    start = max([FIRST, *ends])
    return f"{start}-{start + COUNT - 1}"


def words(spans: Sequence[Span]) -> list[str]:
    """Return a map as newuidmap(1) and newgidmap(1) take it."""
    return " ".join(map(str, spans)).split()


def parse_map(text: str) -> tuple[Span, ...]:
    """Return what stands in /proc/PID/uid_map or gid_map."""
    return tuple(Span(*map(int, line.split())) for line in text.splitlines())


def outside(number: int, spans: Iterable[Span]) -> int:
    """Return what an id is in the namespace above; itself where no line of the map has it."""
    for span in spans:
        if span.inside <= number < span.inside + span.count:
            return number - span.inside + span.outside
    return number


def _ranges(lines: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    for line in lines:
        owner, _, rest = line.strip().partition(":")
        first, _, count = rest.partition(":")
        if first.isdecimal() and count.isdecimal() and int(count):
            yield owner, int(first), int(count)
