"""The lines of all journals of an incident, each once, however many files have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.incident.entry import Entry
from harness.incident.files.captured import DAMAGED
from harness.incident.files.journal import entries
from harness.incident.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.incident.files.folder import Source

MOST_BAD_LINES = 20
"""Of a journal, that are told one by one."""


def every_line(sources: Iterable[Source], unread: list[Unread]) -> Iterator[Entry]:
    """Yield the lines of journals but those that a file before has, too; what can't be read is added to `unread`.

    A line is told again by its two clocks, its boot, and what it says; without a monotonic time it is taken as it is.
    """
    read: dict[int, str] = {}
    for source in sources:
        again = 0
        for entry in _lines(source, unread):
            mark = hash((entry.boot, entry.monotonic, entry.time, entry.identifier, entry.message))
            if entry.monotonic is None or read.setdefault(mark, source.name) == source.name:
                yield entry
            else:
                again += 1
        if again:
            unread.append(Unread(source.name, f"{again} of its lines are in other journals, too, and count once"))


def _lines(source: Source, unread: list[Unread]) -> Iterator[Entry]:
    """Yield a journal's entries. Where they don't say whose they are, the folder does, or the file's name."""
    host = source.path.parent.name if "/" in source.name else source.path.stem
    bad = 0
    try:
        with source.open() as file:
            for one in entries(file, source.name, host):
                if isinstance(one, Entry):
                    yield one
                    continue
                bad += 1
                if bad <= MOST_BAD_LINES:
                    unread.append(one)
    except DAMAGED as error:
        unread.append(Unread(source.name, f"can't be read on: {error}"))
    if bad > MOST_BAD_LINES:
        unread.append(Unread(source.name, f"{bad - MOST_BAD_LINES} lines more like these"))
