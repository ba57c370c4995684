"""`harness topology`: check topologies, and show what they mean."""

from __future__ import annotations

import json
from pathlib import Path

import click

from harness.cli import UNUSABLE
from harness.errors import SpecError
from harness.topology.cluster_config import cluster_config, members
from harness.topology.drawing import svg
from harness.topology.loader import load
from harness.topology.mermaid import mermaid
from harness.topology.summary import counts, summary

FILE = click.Path(path_type=Path, readable=False)
"""Whether it can be read is for the loader to say, file by file."""


@click.group()
def command() -> None:
    """Check topologies and show what they mean."""


@command.command()
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@click.pass_context
def check(context: click.Context, files: tuple[Path, ...]) -> None:
    """Print every problem of every FILE. Exit with 0 when there is none, else with 2."""
    verdicts = [_report(file) for file in files]
    if not all(verdicts):
        context.exit(UNUSABLE)


@command.command()
@click.argument("file", type=FILE, metavar="FILE")
def show(file: Path) -> None:
    """Print a summary of a topology."""
    click.echo(summary(load(file)))


@command.command()
@click.argument("file", type=FILE, metavar="FILE")
@click.option("--format", "kind", type=click.Choice(["mermaid", "svg"]), default="mermaid", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it there.")
def draw(file: Path, kind: str, output: Path | None) -> None:
    """Draw a topology: its VLANs, sites, trunks and machines."""
    topology = load(file)
    text = svg(topology) if kind == "svg" else mermaid(topology)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{output}: can't be written: {error.strerror}") from None


@command.command("cluster-config", short_help="Print the cluster-config.json of machines.")
@click.argument("file", type=FILE, metavar="FILE")
@click.option("--machine", metavar="NAME", help="Print the cluster-config.json of this machine alone.")
def print_cluster_config(file: Path, machine: str | None) -> None:
    """Print the cluster-config.json of each machine as one JSON object, by the machines' names."""
    topology = load(file)
    try:
        names = members(topology) if machine is None else (machine,)
        configs = {name: cluster_config(topology, name) for name in names}
    except LookupError as error:
        raise click.UsageError(f"{file}: {error.args[0]}") from None
    click.echo(json.dumps(configs if machine is None else configs[machine], indent=2))


def _report(file: Path) -> bool:
    try:
        topology = load(file)
    except SpecError as error:
        click.echo(str(error))
        return False
    click.echo(f"{file}: ok, {counts(topology)}")
    return True
