"""`harness console`: what a machine of a lab that is held says on its console, from its first line on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import click

from harness.cli.shell import find


@click.command
@click.option("--lab-dir", type=click.Path(path_type=Path, readable=False), metavar="DIR", help="Look there, too.")
@click.argument("machine")
def command(lab_dir: Path | None, machine: str) -> NoReturn:
    """Print the console of MACHINE and follow it until interrupted. Nothing can be typed there."""
    log = find(machine, lab_dir).door.console
    if log is None:
        raise click.UsageError(f"{machine} has no console: it is a namespace")
    os.execvp("tail", ["tail", "-n", "+1", "-f", log])  # noqa: S606 - a list of words
