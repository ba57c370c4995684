"""A rehearsal in a sandbox of its own: a machine with three cards, one of them a trunk, is installed and looked at.

``python -m tests.provisioning.multihomed FOLDER FIRMWARE`` writes what was seen to FOLDER/seen.json.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any

from harness.assembly import Assembly
from harness.capture.reader import frames
from harness.lab import FIRST_BOOT
from harness.machines.ssh import SshSession
from harness.machines.virtual import VirtualMachine
from harness.network.ports import Access, PortMode, Trunk, members
from harness.network.switched import SwitchNetwork
from harness.network.wiring import Card
from harness.provisioning import boot_files
from harness.provisioning.boot_server import BootServer
from harness.provisioning.deployment import Deployment, deploy, wait_for_line
from harness.provisioning.installer import RootArchive
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import Patience, wait_until
from harness.topology.firmware import Firmware
from harness.topology.loader import load
from harness.topology.model import MachineSpec
from harness.trace.phases import PhaseLog
from harness.units import minutes, seconds
from harness.workbench import Settings, Workbench, prepare

TOPOLOGY = Path(__file__).with_suffix(".yaml")
PROVISIONING, CLUSTER, CLIENT, STORAGE = 100, 200, 300, 400
PORTS: dict[str, PortMode] = {
    "eth0": Access(PROVISIONING),
    "eth1": Trunk(frozenset({CLUSTER, CLIENT})),
    "storage0": Access(STORAGE),
}
CARDS = ("eth0", "eth1", "eth1.200", "eth1.300", "storage0")
CLIENT_ABROAD = "203.0.113.7"
"""Somebody behind the client VLAN's gateway (RFC 5737)."""

DHCP_REQUEST = bytes.fromhex("00440043")
SHORT = 10 * seconds


class Rack:
    """A switch, and around it whom the machine meets: its boot server, a peer on its trunk, a gateway, the harness."""

    def __init__(self, folder: Path, undo: contextlib.ExitStack) -> None:
        self.network = SwitchNetwork(folder, NetworkNamespace.current())
        self.network.start()
        undo.callback(self.network.stop)
        self._undo = undo
        self._numbers = itertools.count(1)
        self.plug(NetworkNamespace.current(), "lab0", PORTS["eth0"], {PROVISIONING: ("10.0.100.254/24",)})
        self.boot_server = self.place(PORTS["eth0"], {PROVISIONING: ("10.0.100.10/24",)})
        self.peer = self.place(PORTS["eth1"], {CLUSTER: ("10.0.200.254/24",), CLIENT: ("10.0.30.254/24",)})
        self.storage = self.place(PORTS["storage0"], {STORAGE: ("10.0.40.254/24",)})
        self.gateway = self.place(Access(CLIENT), {CLIENT: ("10.0.30.1/24", f"{CLIENT_ABROAD}/32")})

    def place(self, mode: PortMode, addresses: Mapping[int, Sequence[str]]) -> NetworkNamespace:
        """Make a host of its own."""
        made = self._undo.enter_context(NetworkNamespace.create())
        self.plug(made, "eth0", mode, addresses)
        return made

    def plug(self, place: NetworkNamespace, name: str, mode: PortMode, addresses: Mapping[int, Sequence[str]]) -> None:
        """Give a host a card."""
        number = next(self._numbers)
        by_vlan = {vlan: [IPv4Interface(each) for each in addresses[vlan]] for vlan in members(mode)}
        self.network.wire(place, {f"host{number}": Card(name, f"02:00:00:00:00:{number:02x}", mode, by_vlan)})


@dataclass(frozen=True)
class Scene:
    """What the rehearsal is made with."""

    bench: Workbench
    assembly: Assembly
    rack: Rack
    folder: Path
    patience: Patience


def rehearse(folder: Path, bench: Workbench) -> dict[str, Any]:
    """Install the machine and return what was seen of it."""
    topology = load(TOPOLOGY)
    assert topology.boot_server is not None
    assert topology.stack is not None
    assembly = Assembly.of(topology, topology.boot_server, topology.stack, bench.settings.firmware)
    spec = topology.machine("node01")
    phases = PhaseLog([spec.name])
    with contextlib.ExitStack() as undo:
        scene = Scene(bench, assembly, Rack(folder, undo), folder, bench.patience(cpus=1))
        undo.enter_context(_boot_server(scene))
        machine = _machine(spec, scene)
        undo.callback(machine.close)
        plan = assembly.plan(spec, RootArchive(assembly.boot_config.url(boot_files.ROOT)))

        def reach(phase: str) -> None:
            phases.reach(spec.name, phase)

        deploy(machine, Deployment(plan, assembly.lab_key, reach, scene.patience))
        wait_for_line(machine, "healthy", FIRST_BOOT["healthy"], start=0, within=1 * minutes, patience=scene.patience)
        reach("healthy")
        seen = _look_around(machine, scene)
        scene.rack.network.flush()
        sent = Counter(_sent_by(spec, scene.rack.network.capture))
        return seen | {
            "phases": {one.phase: round(one.took.total_seconds(), 1) for one in phases.of(spec.name)},
            "sent": [[*kind, count] for kind, count in sorted(sent.items())],
        }


def _boot_server(at: Scene) -> BootServer:
    files: dict[str, Path | bytes] = {
        boot_files.KERNEL: at.bench.installer.file("kernel"),
        boot_files.INITRD: at.bench.installer.file("initrd"),
        boot_files.ROOT: at.bench.node.file("rootfs"),
        boot_files.AUTHORIZED_KEYS: f"{at.assembly.lab_key.public}\n".encode(),
    }
    where = at.folder / "boot-server"
    return BootServer(
        at.assembly.boot_config, place=at.rack.boot_server, folder=where, files=files, patience=at.patience
    )


def _machine(spec: MachineSpec, at: Scene) -> VirtualMachine:
    return VirtualMachine(
        spec,
        hypervisor=at.bench.hypervisor,
        attachments=[at.rack.network.plug_guest(f"{spec.name}/{nic.name}", PORTS[nic.name]) for nic in spec.nics],
        boot_card=boot_files.boot_card(spec, at.assembly.boot_server.vlan),
        accelerator=at.bench.accelerator,
        firmware=at.assembly.firmware,
        folder=at.bench.folder_for(spec.name),
        evidence=at.folder,
        patience=at.patience,
    )


def _look_around(machine: VirtualMachine, at: Scene) -> dict[str, Any]:
    session = SshSession.connect(
        "10.0.100.50",
        key=at.assembly.lab_key,
        host_key=at.assembly.host_keys[machine.name].public,
        within=SHORT,
        patience=at.patience,
        machine=machine.name,
    )
    with session:

        def says(*command: str) -> str:
            return session.run(command, within=SHORT).text

        def carriers() -> dict[str, str]:
            return {name: says("cat", f"/sys/class/net/{name}/carrier").strip() for name in CARDS}

        seen: dict[str, Any] = {
            "cards": {card["ifname"]: card for card in json.loads(says("ip", "-json", "-details", "address"))},
            "routes": json.loads(says("ip", "-json", "route", "show", "table", "main")),
            "hosts": says("cat", "/etc/hosts"),
            "failed": says("systemctl", "list-units", "--state=failed", "--plain", "--no-legend"),
            "reached": _reached(at.rack),
            "room": [machine.room.sockets, machine.room.trouble],
            "carriers": [carriers()],
        }
        for on in (False, True):
            machine.set_carrier("eth1", on=on)
            _wait("the guest to see its carrier", lambda: carriers()["eth1"] == str(int(on)), at)  # noqa: B023
            seen["carriers"].append(carriers())
    _wait("the machine back on its trunk", lambda: _pings(at.rack.peer, "10.0.200.10"), at)
    return seen


def _wait(what: str, look: Callable[[], bool], at: Scene) -> None:
    wait_until(what, look, within=SHORT, patience=at.patience)


def _reached(rack: Rack) -> dict[str, bool]:
    return {
        "cluster": _pings(rack.peer, "10.0.200.10"),
        "client": _pings(rack.peer, "10.0.30.10"),
        "storage": _pings(rack.storage, "10.0.40.10"),
        "client from abroad": _pings(rack.gateway, "10.0.30.10", "-I", CLIENT_ABROAD),
    }


def _pings(place: NetworkNamespace, address: str, *options: str) -> bool:
    command = ["ping", "-n", "-c", "3", "-i", "0.2", "-W", "5", *options, address]
    with place.popen(command, stdout=subprocess.DEVNULL) as process:
        return process.wait(timeout=60) == 0


def _sent_by(spec: MachineSpec, capture: Path) -> Iterator[tuple[str, str, int, bool]]:
    """Yield for each frame of the machine's: its link, its sender, its VLAN tag or 0, and whether it asks for DHCP."""
    macs = {nic.mac for nic in spec.nics}
    for frame in frames(capture):
        sender = frame.data[6:12].hex(":")
        if sender not in macs or not frame.link.startswith(spec.name):
            continue
        tag = int.from_bytes(frame.data[14:16], "big") & 0xFFF if frame.data[12:14] == b"\x81\x00" else 0
        yield frame.link, sender, tag, frame.data[34:38] == DHCP_REQUEST


def main() -> None:
    """Take part in the sandbox, rehearse, and write down what was seen."""
    folder, firmware = Path(sys.argv[1]), Firmware(sys.argv[2])
    bench = prepare(Settings(firmware=firmware, evidence=folder), print)
    (folder / "seen.json").write_text(json.dumps(rehearse(folder, bench), indent=1))


if __name__ == "__main__":
    main()
