"""When a full disk had room again: by what those who had complained of it did next. Pure.

Nobody says that room is there. The first who writes again shows it: a service that starts and does not complain, or
says that it has saved something. Until then it may have been full, or nobody may have tried.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from harness.capture.describe import NANO
from harness.incident.machines.disk_words import Ail, complaint
from harness.incident.machines.service_words import Word, told

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from harness.incident.record import Logged

HOLDS = 15 * NANO
"""A service that starts complains within that time, if there is still no room for what it writes."""
_SAVED = re.compile(
    r"Background (?:saving|AOF rewrite) terminated with success|DB saved on disk|saved snapshot"
    r"|Vacuuming done, freed [1-9]|ready to serve client requests"
)


class Room(NamedTuple):
    """The first line that shows that there was room again, and the last before it that shows that there was none."""

    shown: Logged
    full: Logged

    @property
    def unknown(self) -> int:
        """For how many nanoseconds nobody can say whether there was room."""
        return self.shown.time - self.full.time


def room_after(full: Logged, complained: Collection[str], lines: Sequence[Logged]) -> Room | None:
    """Return what shows, after a complaint, that there was room for units that complained; None where nothing does."""
    rest = [line for line in lines if line.time >= full.time]
    again = [line.time for line in rest if (found := complaint(line)) is not None and found.ail is Ail.FULL]
    for line in rest:
        shows = line.entry.unit in complained and (_SAVED.search(line.entry.message) or _starts(line))
        if shows and not any(line.time < time <= line.time + HOLDS for time in again):
            return Room(line, full)
    return None


def speaks_after(full: Logged, complained: Collection[str], lines: Sequence[Logged]) -> bool:
    """Whether any of the units that complained goes on, and says nothing of it any more."""
    return any(
        line.time > full.time + HOLDS and line.entry.unit in complained and line.entry.identifier != "systemd"
        for line in lines
    )


def _starts(line: Logged) -> bool:
    found = told(line)
    return found is not None and found.word in {Word.STARTING, Word.STARTED}
