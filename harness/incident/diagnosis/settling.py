"""When machines that were started anew ran all that they have: until then much of them is silent, or late. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from harness.incident.machines.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from harness.incident.machines.lives import Life
    from harness.incident.record import Record

STARTED = "b07a249cd024414a82dd00cd181378ff"
"""systemd's identifier of "startup finished" (sd-messages(3)): the last unit of a boot has started."""

FIRMWARE = 300 * 10**9
"""What firmware and boot loader take at most, in nanoseconds: servers check all of their memory."""


STARTS_WITHIN = 90 * 10**9
"""How long a start takes at most where nobody says that it has finished: systemd gives no unit longer by itself."""


class Start(NamedTuple):
    """When a machine's kernel started, and when all units had, or its journal ends."""

    began: int
    settled: int


class Reboot(NamedTuple):
    """When a machine began to shut down in good order, and when all units of its next boot had started."""

    began: int
    settled: int


@dataclass(frozen=True)
class Settling:
    """The starts of each machine that lie within an incident, by time, and its reboots in good order."""

    starts: Mapping[str, Sequence[Start]]
    reboots: Mapping[str, Sequence[Reboot]] = field(default_factory=dict)

    @classmethod
    def of(cls, record: Record) -> Settling:
        """Return what a record's journals tell."""
        lives = Scene(record).lives
        starts = {machine: [_start(life) for life in every] for machine, every in lives.items()}
        return cls(
            {name: [one for one in every if one.began > record.began] for name, every in starts.items()},
            {machine: list(_reboots(every)) for machine, every in lives.items()},
        )

    def after(self, machines: Collection[str], began: int, ended: int) -> int:
        """Return when the last of some machines had settled after its first start since; the end where none did."""
        every = [
            [one for one in self.starts.get(name, ()) if began < one.began <= ended + FIRMWARE] for name in machines
        ]
        return max([ended, *(starts[0].settled for starts in every if starts)])


def _start(life: Life) -> Start:
    said = (line for line in life.lines if line.entry.message_id == STARTED)
    finished = next((line for line in said if not _of_user(line.entry.unit)), None)
    settled = finished.time if finished is not None else min(life.last.time, life.powered + STARTS_WITHIN)
    return Start(life.powered, settled)


def _reboots(every: Sequence[Life]) -> Iterator[Reboot]:
    for old, new in pairwise(every):
        if old.goodbye is not None:
            yield Reboot(old.goodbye.time, _start(new).settled)


def _of_user(unit: str) -> bool:
    """Whether it is a user's own systemd that says that."""
    return unit.startswith("user@")
