"""`harness scrub`: an incident under other addresses and names, to be handed over."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command
@click.argument("incident", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="INCIDENT")
@click.option(
    "--output", "-o", "target", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR",
    help="Where the scrubbed files go: an empty folder, or none yet.",
)  # fmt: skip
@click.option("--keep", multiple=True, metavar="NAME", help="A name that stays as it is; may be given several times.")
@click.option(
    "--name", "names", multiple=True, metavar="WORD", help="A word that has to go, too, such as a customer's."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(incident: Path, *, target: Path, keep: tuple[str, ...], names: tuple[str, ...], as_json: bool) -> int:
    """Replace addresses, names and secrets in INCIDENT, a folder of captures, journals and configurations.

    The same is replaced by the same in all files, and what stands for what is kept nowhere. Times, lengths and VLANs
    stay; payloads are zeroed but for what tells how machines boot. Exit status 1: something can't be scrubbed, and is
    left out; 2: nothing can.
    """
    from harness.incident.scrub import scrub  # noqa: PLC0415 - loaded when there is something to scrub

    try:
        report = scrub(incident, target, keep=keep, names=names)
    except OSError as error:
        raise click.UsageError(f"{error.filename}: {error.strerror}") from None
    click.echo(json.dumps(report.to_json()) if as_json else str(report))
    return int(not report.complete)
