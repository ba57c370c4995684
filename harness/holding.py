"""Keeping a lab as its scenarios left it until an end time, to be entered from another terminal."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from harness.machines.doors import Door
from harness.sandbox import lease
from harness.sandbox.waiting import NotSeen, wait_until
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import timedelta
    from pathlib import Path

    from harness.lab import Lab

DOORS = "doors.json"
LOOKS_EVERY = 1 * seconds


@dataclass(frozen=True)
class Held:
    """A machine of a lab that is held: its door, and the init of the sandbox that the door is in."""

    machine: str
    door: Door
    init: int
    folder: Path


def hold(lab: Lab, folder: Path, within: timedelta, tell: Callable[[str], None]) -> None:
    """Keep a lab as it is until the time has passed, or the file that says how to enter it is removed.

    `folder` is the lease's. The time is the user's own and is not stretched.
    """
    doors = lab.doors(folder)
    path = folder / DOORS
    path.write_text(json.dumps({name: asdict(door) for name, door in doors.items()}))
    where = "" if folder.parent == lease.default_root() else f" --lab-dir={folder.parent}"
    end = datetime.now().astimezone() + within
    lines = [f"{lab.topology.name} is held until {end:%H:%M:%S}. To end it: interrupt this, or rm {path}"]
    lines += [f"  harness shell{where} {name}" for name in doors]
    lines += [f"  harness console{where} {name}" for name, door in doors.items() if door.console]
    tell("\n".join(lines))
    try:
        with suppress(NotSeen):
            wait_until("the end of the hold", lambda: not path.exists(), within=within, interval=LOOKS_EVERY)
    finally:
        path.unlink(missing_ok=True)


def held(roots: Iterable[Path]) -> Iterator[Held]:
    """Yield every machine of every lab that is held under some roots, as far as they are open to this user."""
    for root in roots:
        with suppress(PermissionError):
            for seen in lease.survey(root):
                if seen.alive and seen.init is not None:
                    for name, door in _doors(seen.folder).items():
                        yield Held(name, door, seen.init, seen.folder)


def _doors(folder: Path) -> Mapping[str, Door]:
    try:
        told = json.loads((folder / DOORS).read_text())
    except (FileNotFoundError, ValueError):  # it is not held, or not any more
        return {}
    return {name: Door(tuple(one["words"]), one["one_word"], one["console"]) for name, one in told.items()}
