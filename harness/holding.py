"""Keeping a lab as its scenarios left it until an end time, to be entered from another terminal."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from harness.sandbox import lease
from harness.sandbox.waiting import NotSeen, wait_until
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from pathlib import Path

    from harness.lab import Lab

HELD = "held"
LOOKS_EVERY = 1 * seconds


def hold(lab: Lab, folder: Path, within: timedelta, tell: Callable[[str], None]) -> None:
    """Keep a lab as it is until the time has passed, or the file that says that it is held is removed.

    `folder` is the lease's. The time is the user's own and is not stretched.
    """
    path = folder / HELD
    end = datetime.now().astimezone() + within
    path.write_text(f"{lab.topology.name} until {end:%H:%M:%S}\n")
    where = "" if folder.parent == lease.default_root() else f" --lab-dir={folder.parent}"
    where += f" --lab={folder.name}"
    doors = lab.doors(folder)
    lines = [f"{lab.topology.name} is held until {end:%H:%M:%S}. To end it: interrupt this, or rm {path}"]
    lines += [f"  harness shell{where} {name}" for name in doors]
    lines += [f"  harness console{where} {name}" for name, door in doors.items() if door.console]
    tell("\n".join(lines))
    try:
        with suppress(NotSeen):
            wait_until("the end of the hold", lambda: not path.exists(), within=within, interval=LOOKS_EVERY)
    finally:
        path.unlink(missing_ok=True)
