"""Which machine of which running lab a command means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from harness.cli.ps import LAB_DIR, roots
from harness.reception import Entrance, entrances

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harness.machines.doors import Door


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what says where to look, and the lab where several have that machine."""
    command = click.option("--lab", metavar="NAME|ID", help="The lab, by its name, or its folder's in `harness ps`.")(
        command
    )
    return click.option("--lab-dir", type=LAB_DIR, metavar="DIR", help="Look there, and nowhere else.")(command)


def places(lab_dir: Path | None) -> list[Path]:
    """Return where running labs are looked for: in every user's own folder, or in the given one."""
    return [lab_dir.absolute()] if lab_dir else roots(None)


def find(machine: str, lab: str | None, lab_dir: Path | None) -> tuple[Entrance, Door]:
    """Return the one machine of that name that is on, and its door.

    Raises `UsageError` where there is none, where it is off, and where several labs have one.
    """
    everyone = list(entrances(places(lab_dir)))
    named = [one for one in everyone if one.machine == machine and lab in (None, one.lab, one.number)]
    if len(named) > 1:
        choices = "; ".join(f"--lab={one.number} is {one.lab} in {one.folder}" for one in named)
        raise click.UsageError(f"{len(named)} labs have a {machine}, choose one: {choices}")
    if not named:
        nearest = [one for one in everyone if lab in (one.lab, one.number)] or everyone
        there = _by_lab(nearest) or "none; --lab-hold keeps a lab after its scenarios"
        raise click.UsageError(f"no lab{f' {lab}' if lab else ''} that runs has a {machine}; labs that run: {there}")
    if named[0].door is None:
        raise click.UsageError(f"{named[0]} is off")
    return named[0], named[0].door


def _by_lab(found: Sequence[Entrance]) -> str:
    """Return labs with their machines, in words."""
    labs: dict[tuple[str, str], list[str]] = {}
    for one in found:
        labs.setdefault((one.lab, one.number), []).append(one.machine)
    return "; ".join(f"{lab} ({number}) with {', '.join(machines)}" for (lab, number), machines in labs.items())
