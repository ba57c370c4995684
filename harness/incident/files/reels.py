"""Files that one capture was written to, one after the other, as ``tcpdump -G`` and ``-C`` do. Pure.

They are told by their names, which differ in numbers at the end, and by their times: where one ends the next begins.
"""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import PurePath
from string import digits
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from harness.incident.files.folder import Source

    Span: TypeAlias = tuple[int, int]

GAP = 2 * 10**9
"""Nanoseconds between two files of one capture; after more of them something may be missing."""

NUMBERED = re.compile(r"^(.*?)[-_.:TZ\d]*(?:\.[A-Za-z]+)?\d*(?:\.(?:gz|xz|bz2))?$", re.DOTALL)
"""A file's name before the numbers at its end."""


class Reel(NamedTuple):
    """One capture, in one file or several. `name` is that of its file, or one with a ``*`` for what differs."""

    name: str
    parts: tuple[Source, ...]


def reels(sources: Iterable[Source], span: Callable[[Source], Span | None]) -> list[Reel]:
    """Return the captures that files make up. `span` has the times of a file's first and last frame."""
    of: dict[tuple[str, str], list[Source]] = {}
    for source in sources:
        path = PurePath(source.name)
        of.setdefault((str(path.parent), NUMBERED.sub(r"\1", path.name)), []).append(source)
    chains = [chain for alike in of.values() for chain in (_chains(alike, span) if len(alike) > 1 else [alike])]
    found: dict[str, Reel] = {}
    for chain in sorted(chains, key=lambda one: one[0].name):
        name = _name(chain)
        name = name if name not in found else f"{chain[0].name} and on"
        found[name] = Reel(name, tuple(chain))
    return list(found.values())


def _chains(sources: Iterable[Source], span: Callable[[Source], Span | None]) -> list[list[Source]]:
    """Return files in rows, each of which begins where the one before has ended; of several, by the likest name."""
    rows: list[tuple[list[Source], int]] = []
    spans = [(span(source), source) for source in sources]
    alone = [[source] for times, source in spans if times is None]
    timed = [(times, source) for times, source in spans if times is not None]
    for (began, ended), source in sorted(timed, key=lambda one: (one[0], one[1].name)):
        before = [at for at, (_, end) in enumerate(rows) if 0 <= began - end <= GAP]
        if before:
            at = max(before, key=lambda one: len(_common(rows[one][0][-1].name, source.name)))
            rows[at] = [*rows[at][0], source], max(rows[at][1], ended)
        else:
            rows.append(([source], ended))
    return [*(row for row, _ in rows), *alone]


def _common(*names: str) -> str:
    """Return how all of some names begin."""
    alike = takewhile(lambda each: len({*each}) == 1, zip(*names, strict=False))
    return "".join(each[0] for each in alike)


def _name(parts: Sequence[Source]) -> str:
    if len(parts) == 1:
        return parts[0].name
    names = [one.name for one in parts]
    start = _common(*names)
    end = _common(*(name[len(start) :][::-1] for name in names))[::-1]
    return f"{start.rstrip(digits)}*{end.lstrip(digits)}"
