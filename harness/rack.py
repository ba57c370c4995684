"""The rack of a lab: its virtual machines, what they boot from, and the keys by which they are known."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from harness.lab import side_by_side
from harness.ladder import with_keys
from harness.machines import doors
from harness.machines.ssh import SshSession
from harness.machines.virtual import VirtualMachine
from harness.provisioning import boot_files
from harness.provisioning.boot_server import BootServer
from harness.provisioning.deployment import SshHost

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta
    from pathlib import Path

    from harness.assembly import Assembly
    from harness.machines.doors import Door
    from harness.network.protocol import Attachment
    from harness.sandbox.netns import NetworkNamespace
    from harness.sandbox.waiting import Patience
    from harness.stacks.protocol import Cluster
    from harness.topology.model import MachineSpec
    from harness.workbench import Workbench


class Rack:
    """Virtual machines, their boot server, and the cluster that they form. What it holds is ended by `close`."""

    def __init__(self, assembly: Assembly, workbench: Workbench, evidence: Path, patience: Patience) -> None:
        self.workbench = workbench
        self.evidence = evidence
        self.patience = patience
        self.assembly = assembly
        """What the machines are told; their keys and secrets are in it."""
        self.cluster = self._cluster()
        self.machines: dict[str, VirtualMachine] = {}
        self.attachments: list[Attachment] = []
        self.installers: dict[str, SshHost] = {}
        """The machines that have booted their installer, and have not been installed since."""

    def boot_server(self, place: NetworkNamespace) -> BootServer:
        """Return the server that the machines boot from, not started, in a place that stands in its VLAN."""
        bench = self.workbench
        self._boot_server = BootServer(
            self.assembly.boot_config,
            place=place,
            folder=self.evidence / "boot-server",
            files={
                boot_files.KERNEL: bench.installer.file("kernel"),
                boot_files.INITRD: bench.installer.file("initrd"),
                boot_files.ROOT: bench.node.file("rootfs"),
                boot_files.AUTHORIZED_KEYS: self._authorized_keys(),
            },
            patience=self.patience,
        )
        return self._boot_server

    def add(self, spec: MachineSpec, attachments: Sequence[Attachment], on_power: Callable[[str], object]) -> None:
        """Put a machine in, off and with a blank disk; `on_power` is told in a word what is done to its power."""
        folder = self.workbench.folder_for(spec.name)
        machine = VirtualMachine(
            spec,
            hypervisor=self.workbench.hypervisor,
            attachments=attachments,
            boot_card=boot_files.boot_card(spec, self.assembly.boot_server.vlan),
            accelerator=self.workbench.accelerator,
            firmware=self.assembly.firmware,
            folder=folder,
            evidence=self.evidence,
            memory=self.workbench.memory / folder.name,
            patience=self.patience,
        )
        machine.reach_by(partial(self.session, spec))
        machine.on_power = on_power
        self.machines[spec.name] = machine
        self.attachments += attachments

    def blank(self) -> None:
        """Have every machine off, with a blank disk."""
        self.installers.clear()
        for machine in self.machines.values():
            machine.cut()
            machine.wipe()

    def adopt(self, keys: str) -> None:
        """Take the keys and secrets that are in the machines of a checkpoint for our own. Raises `Spoiled`."""
        self.assembly = with_keys(self.assembly, keys)
        self.cluster = self._cluster()
        self._boot_server.publish(boot_files.AUTHORIZED_KEYS, self._authorized_keys())

    def session(self, spec: MachineSpec, within: timedelta) -> SshSession:
        """Open a session on what a machine runs, which must show the host key that it is known by."""
        system = self._system(spec)
        return SshSession.connect(
            system.address,
            key=self.assembly.lab_key,
            host_key=system.host_key,
            within=within,
            patience=self.patience,
            machine=spec.name,
        )

    def doors(self, folder: Path) -> Mapping[str, Door]:
        """Return how machines that are on are entered now: by SSH, into their installer or the installed system."""
        return {
            name: doors.of_system(
                name,
                self._system(machine.spec).address,
                key=self.assembly.lab_key,
                host_key=self._system(machine.spec).host_key,
                folder=folder,
                console=machine.console.log,
                terminal=machine.terminal.path,
            )
            for name, machine in tuple(self.machines.items())
            if machine.is_on()
        }

    def close(self) -> None:
        """Cut the power of all machines, and keep what they said."""
        side_by_side(lambda machine: machine.close(), self.machines.values())

    def _system(self, spec: MachineSpec) -> SshHost:
        """Return how a machine's system is reached: its installer, or what is installed."""
        installed = SshHost(str(spec.nics[0].address), self.assembly.host_keys[spec.name].public)
        return self.installers.get(spec.name, installed)

    def _cluster(self) -> Cluster:
        return self.assembly.stack.cluster(self.assembly.topology, self.assembly.secrets, patience=self.patience)

    def _authorized_keys(self) -> bytes:
        return f"{self.assembly.lab_key.public}\n".encode()
