"""`harness reproduce`: from what an incident has left to a scenario that shows it again."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.checks.verdict import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable

IN_EACH = ("README.md", "schedule.txt")
"""Files that every scenario has."""

SEEN = 4
"""The exit status where there is a signature, and no schedule."""


@click.command
@click.argument("incident", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="INCIDENT")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Where the scenario goes."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--scrub", "scrubbed", is_flag=True, help="Without addresses, names and payloads of the field.")
@click.option("--force", is_flag=True, help="Replace a scenario that is there.")
@click.pass_context
def command(
    context: click.Context, incident: Path, *, output: Path, as_json: bool, scrubbed: bool, force: bool
) -> None:
    """Infer from the folder INCIDENT what went wrong, and write a scenario that shows it again.

    The folder has what the field has: captures (pcap, pcapng), journals (journalctl -o json), cluster-config.json, a
    topology where there is one. What can't be read is told, and the rest goes on. With --scrub, everything is inferred
    from a copy that has other addresses and names, the same for the same, and no payloads. Exit with 0 when a schedule
    was found, 2 when the input can't be used, 3 when nothing could be decided, 4 when something was seen that no fault
    explains which the evidence decides.
    """
    from harness.incident.diagnosis import telling  # noqa: PLC0415 - loaded when there is something to infer
    from harness.incident.inquiry import inquire  # noqa: PLC0415 - as above
    from harness.incident.scenario.writing import scenario  # noqa: PLC0415 - as above

    _spare(IN_EACH, output, force=force)  # told now, not when everything has been inferred
    _check_writable(output)
    with tempfile.TemporaryDirectory(prefix="harness-scrubbed-") as folder:
        told = inquire(_scrubbed(incident, Path(folder)) if scrubbed else incident, _progress)
    written = scenario(told, output.resolve().name, str(output))
    _spare(written.files, output, force=force)
    try:
        written.write(output)
    except OSError as error:
        raise click.UsageError(f"{output}: can't be written: {error.strerror}") from None
    click.echo(json.dumps(telling.as_json(told), indent=1) if as_json else "\n".join(telling.lines(told)))
    click.echo(f"written: {', '.join(f'{output}/{name}' for name in sorted(written.files))}", err=True)
    context.exit(0 if told.decided else SEEN if told.seen else UNKNOWN)


def _scrubbed(incident: Path, folder: Path) -> Path:
    """Return the incident under other names and addresses, in a folder that is empty."""
    from harness.incident.scrub import scrub  # noqa: PLC0415 - loaded when it is asked for

    for line in str(scrub(incident, folder)).splitlines():
        _progress(line)
    return folder


def _progress(line: str) -> None:
    click.echo(line, err=True)


def _spare(names: Iterable[str], folder: Path, *, force: bool) -> None:
    """Leave files alone that are there already. Raises `UsageError`."""
    there = sorted(name for name in names if (folder / name).exists())
    if there and not force:
        raise click.UsageError(f"{folder}: there is a scenario already ({', '.join(there)}); --force replaces it")


def _check_writable(folder: Path) -> None:
    """Raise `UsageError` where a folder can't be made, or nothing can be written there."""
    place = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not place.is_dir():
        raise click.UsageError(f"{folder}: can't be written: {place} is no folder")
    if not os.access(place, os.W_OK | os.X_OK):
        raise click.UsageError(f"{folder}: can't be written: {place} is closed to you, or read-only")
