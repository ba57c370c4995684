"""Boots of machines as their journals have them: each from its first line to its last, and how it ended. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from harness.incident.machines.spans import duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.incident.record import Logged

GOODBYES = frozenset({"98268866d1d54a499c4e98921d93bc40", "d93fb3c9c24d451a97cea615ce59c00b"})
"""systemd's own identifiers of "system shutdown initiated" and "journal stopped" (sd-messages(3))."""
BEGINNINGS = frozenset({"f77379a8490b408bbe5f6940505a777b", "b07a249cd024414a82dd00cd181378ff"})
"""Of "journal started" and "startup finished"."""

_GOODBYE = re.compile(
    r"The system (?:will|is going to|going) (?:be )?(?:reboot|power|halt|down)|System is (?:rebooting|powering|halting)"
    r"|Reached target (?:\S+ - )?(?:System )?(?:Shutdown|Reboot|Power.?Off|Halt|Late Shutdown Services|Unmount All)"
    r"|Syncing filesystems and block devices|Sending SIG(?:TERM|KILL) to remaining processes"
    r"|Journal stopped|Shutting down\.$|Powering off\.|Rebooting\.",
    re.IGNORECASE,
)
_BEGINNING = re.compile(r"Journal started|Startup finished in|^Linux version ")
_FIRMWARE = re.compile(r"Startup finished in (.+?) \(firmware\)(?: \+ (.+?) \(loader\))?")


@dataclass(frozen=True)
class Life:
    """One boot of a machine, as far as its journal has it. `lines` are in the order in which they were written."""

    machine: str
    boot: str
    lines: tuple[Logged, ...]

    @property
    def first(self) -> Logged:
        """Its first line."""
        return self.lines[0]

    @property
    def last(self) -> Logged:
        """Its last line."""
        return self.lines[-1]

    @cached_property
    def goodbye(self) -> Logged | None:
        """The line with which its shutdown in good order began; None where it just ends, or goes on."""
        found: Logged | None = None
        for line in self.lines:
            if _is(line, BEGINNINGS, _BEGINNING):
                found = None
            elif found is None and _is(line, GOODBYES, _GOODBYE):
                found = line
        return found

    @property
    def powered(self) -> int:
        """When its kernel started, as its first line tells; when that was said, where it does not."""
        return self.first.time - (self.first.entry.monotonic or 0)

    def started(self, after: int) -> int:
        """Return when its kernel started, which is after the moment that is given; its first line otherwise.

        A container has its host's monotonic clock, which does not begin with it.
        """
        return self.powered if self.powered > after else max(self.first.time, after)

    @cached_property
    def before_kernel(self) -> int:
        """How long firmware and boot loader took before it, in nanoseconds, as systemd tells; 0 where it does not."""
        for line in self.lines:
            if match := _FIRMWARE.search(line.entry.message):
                return sum(duration(text) for text in match.groups() if text)
        return 0


def lives(lines: Iterable[Logged], machine_of: Mapping[str, str]) -> dict[str, list[Life]]:
    """Return the boots of each machine that a journal tells of, the oldest first."""
    found: defaultdict[tuple[str, str], list[Logged]] = defaultdict(list)
    for line in lines:
        host = line.entry.host
        if machine := machine_of.get(host) or machine_of.get(host.partition(".")[0]):
            found[machine, line.entry.boot].append(line)
    every: defaultdict[str, list[Life]] = defaultdict(list)
    for (machine, boot), own in found.items():
        every[machine].append(Life(machine, boot, tuple(sorted(own, key=_written))))
    return {machine: sorted(own, key=lambda life: life.first.time) for machine, own in every.items()}


def _written(line: Logged) -> tuple[int, str, int]:
    """Sort by the clock that nobody sets, then by place: two files may hold parts of one boot."""
    entry = line.entry
    return (entry.monotonic if entry.monotonic is not None else line.time, entry.file, entry.line)


def _is(line: Logged, identities: frozenset[str], words: re.Pattern[str]) -> bool:
    entry = line.entry
    if entry.message_id:
        return entry.message_id in identities or bool(_of_system(line) and words.search(entry.message))
    return bool(_of_system(line) and words.search(entry.message))


def _of_system(line: Logged) -> bool:
    return line.entry.identifier.startswith("systemd") or line.entry.identifier in {"kernel", ""}
