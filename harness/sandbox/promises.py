"""What labs are promised of a host, and whether there is room for one more."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

from harness.errors import HostError, Missing
from harness.units import MiB

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


@dataclass(frozen=True)
class Need:
    """What a lab takes: memory in bytes, and virtual processors. `because` says what the memory is made up of."""

    memory: int
    cores: int
    because: str = ""


@dataclass(frozen=True)
class Room:
    """What there is: memory that labs may be promised, memory that is free right now (bytes), virtual processors."""

    memory: int
    free: int
    cores: int


@dataclass(frozen=True)
class Entry:
    """A promise, or a place in line for one: to whom, for what, how much. Memory in bytes.

    `since` is when the lab came to stand in line (monotonic, in nanoseconds), 0 for a promise. `used` is how much of
    the memory is taken by now: the host's free memory lacks that already, and will lack the rest.
    """

    what: str
    lease: str
    user: int
    memory: int
    cores: int
    since: int = 0
    used: int = 0

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """Return the entry that ``asdict`` was made of, by this version of the harness or another."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in given.items() if name in known})

    @property
    def outstanding(self) -> int:
        """Bytes that were promised and are not used yet."""
        return max(0, self.memory - self.used)

    def __str__(self) -> str:
        state = "waits for" if self.since else "has"
        size = f"{self.memory / MiB:.0f} MiB and {self.cores} processors"
        return f"{self.what} of user {self.user} {state} {size} ({self.lease})"


def lack(need: Need, held: Collection[Entry], ahead: Collection[Entry], room: Room) -> str | None:
    """Return what keeps a lab from starting now, in words; None where nothing does.

    `ahead` are those before it in line: they count as if they had got what they wait for. Raises `HostError` where
    waiting is no use: it is more than the host has, or nothing of ours will give it back.
    """
    alone = not held and not ahead
    if need.memory > room.memory or (alone and need.memory > room.free):
        raise HostError(_too_small(need, room))
    taken = [*held, *ahead]
    promised = sum(entry.memory for entry in taken)
    outstanding = sum(entry.outstanding for entry in taken)
    cores = sum(entry.cores for entry in taken)
    enough = promised + need.memory <= room.memory and outstanding + need.memory <= room.free
    if enough and (need.cores + cores <= room.cores or not cores or not need.cores):
        return None
    return "; ".join(map(str, taken))


def _too_small(need: Need, room: Room) -> Missing:
    return Missing(
        f"memory too small for the lab: it needs {need.memory / MiB:.0f} MiB{need.because}; labs may have"
        f" {room.memory / MiB:.0f} MiB of this host's, and {room.free / MiB:.0f} MiB are free now",
        "give its machines less memory in the topology, end other programs, or use --lab-machines=namespace",
    )
