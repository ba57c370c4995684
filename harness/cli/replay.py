"""`harness replay`: a captured network boot, asked again of a topology's boot server."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.checks.verdict import UNKNOWN
from harness.cli.seconds import Seconds
from harness.errors import LabError, Problem, SpecError

if TYPE_CHECKING:
    from harness.incident.replay import Comparison, Dialogue
    from harness.provisioning.boot_files import BootConfig
    from harness.topology.model import BootServerSpec, Topology

SECONDS = 3.0
STAND_IN = b"harness: this stands in for what a lab's boot server serves here\n"
INTERFACE = "eth0"


@click.command
@click.argument("capture", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="CAPTURE")
@click.option(
    "--topology",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="Whose boot server is asked.",
)
@click.option("--mac", metavar="MAC", help="Which client's questions; else the first that the topology knows.")
@click.option(
    "--within",
    type=Seconds(most=60),
    default=SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="Wait so long for each answer that was recorded.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(
    context: click.Context, capture: Path, *, file: Path, mac: str | None, within: float, as_json: bool
) -> None:
    """Ask the boot server of a topology what a machine asked in CAPTURE (pcap or pcapng), and compare the answers.

    The boot server is started in a sandbox. What a lab builds for machines to boot is not there: small files stand in.
    Exit with 0 when all answers are as recorded, 1 when one differs, 2 when CAPTURE or FILE can't be used, 3 when
    nothing is answered, an answer was not recorded whole, or the boot server could not be had.
    """
    topology, server, config = _boot_server(file)
    dialogue = _dialogue(capture, mac, config)
    try:
        compared = _replay(topology, server, config, dialogue, timedelta(seconds=within))
    except LabError as failed:  # nobody was asked, so that no answer differs
        click.echo(str(failed), err=True)
        context.exit(UNKNOWN)
    click.echo(json.dumps(compared.to_json()) if as_json else str(compared))
    context.exit(compared.verdict.exit_status)


def _boot_server(file: Path) -> tuple[Topology, BootServerSpec, BootConfig]:
    """Return a topology with its boot server. Raises `SpecError` where it has none."""
    from harness.assembly import boot_config, installing_config  # noqa: PLC0415 - loaded when there is something to ask
    from harness.topology.loader import load  # noqa: PLC0415 - as above

    topology = load(file)
    if topology.boot_server is None:
        raise SpecError([Problem(str(file), 1, "a topology without a boot server", "one with `boot_server`")])
    make = boot_config if topology.stack is None else installing_config
    return topology, topology.boot_server, make(topology, topology.boot_server)


def _dialogue(capture: Path, mac: str | None, config: BootConfig) -> Dialogue:
    """Return the dialogue that is meant. Raises `SpecError` where there is none."""
    from harness.incident.replay import dialogue_of, dialogues  # noqa: PLC0415 - loaded when there is something to ask

    known = {one.mac for one in config.reservations}
    if mac is not None:
        chosen = dialogue_of(capture, mac)
    else:
        found = dialogues(capture)
        chosen = next((one for one in found if one.client in known), found[0])
    if chosen.client in known:
        return chosen
    stranger = f"{chosen.client} has no address on the boot server's VLAN in this topology, so it gets no answer"
    return replace(chosen, notes=(*chosen.notes, stranger))


def _replay(
    topology: Topology, server: BootServerSpec, config: BootConfig, dialogue: Dialogue, within: timedelta
) -> Comparison:
    """Start the topology's network and boot server in a sandbox, and play the dialogue there.

    Raises `HostError`, and `LabError` where they do not start.
    """
    from harness.incident.replay import replay  # noqa: PLC0415 - loaded when there is something to ask
    from harness.network import kinds, plan  # noqa: PLC0415 - as above
    from harness.network.tap import host_mac  # noqa: PLC0415 - as above
    from harness.network.wiring import Card  # noqa: PLC0415 - as above
    from harness.provisioning import boot_files  # noqa: PLC0415 - as above
    from harness.provisioning.boot_server import BootServer  # noqa: PLC0415 - as above
    from harness.sandbox import host, supervisor  # noqa: PLC0415 - as above
    from harness.sandbox.netns import NetworkNamespace  # noqa: PLC0415 - as above

    host.require(host.FOR_NAMESPACES + host.FOR_BOOT_SERVER)
    names = (boot_files.KERNEL, boot_files.INITRD, boot_files.ROOT, boot_files.AUTHORIZED_KEYS)
    lease = supervisor.enter()
    with contextlib.ExitStack() as undo:
        place, seat = (undo.enter_context(NetworkNamespace.create()) for _ in range(2))
        network = kinds.create(kinds.AUTO, topology, lease.folder, NetworkNamespace.current())
        undo.callback(network.stop)
        network.start()
        card = plan.host(topology, server.vlan, config.interface, host_mac(server.address), server.address)
        network.wire(place, {f"{server.name}/{server.vlan}": card})
        network.wire(seat, {"replay": Card(INTERFACE, dialogue.client, card.mode, switch=card.switch, lasting=False)})
        files: dict[str, Path | bytes] = dict.fromkeys(names, STAND_IN)
        undo.enter_context(BootServer(config, place=place, folder=lease.folder / "boot-server", files=files))
        stand_ins = [f"{method} /{name}" for name in names for method in ("GET", "HEAD")]
        return replay(dialogue, seat, INTERFACE, server=server.address, within=within, stand_ins=stand_ins)
