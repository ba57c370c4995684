"""A lab of virtual machines, from blank disks to the cluster that runs on them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from harness.assembly import BOOT_INTERFACE, Assembly
from harness.errors import LabError
from harness.lab import Lab, side_by_side
from harness.machines import doors
from harness.machines.ssh import SshSession
from harness.machines.virtual import VirtualMachine
from harness.network import plan
from harness.provisioning import boot_files
from harness.provisioning.boot_server import BootServer
from harness.provisioning.deployment import Deployment, deploy, wait_for_line
from harness.provisioning.installer import RootArchive
from harness.provisioning.verify import verify
from harness.sandbox.netns import NetworkNamespace
from harness.trace.phases import PhaseLog, table
from harness.units import minutes

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable, Collection, Mapping
    from datetime import timedelta
    from pathlib import Path

    from harness.machines.doors import Door
    from harness.stacks.protocol import Cluster
    from harness.topology.model import MachineSpec, Topology
    from harness.trace.display import Display
    from harness.workbench import Workbench

FIRST_BOOT = {
    "chainfire": r"harness: chainfire-(initialized|joined)",
    "flaredb": r"harness: flaredb-(initialized|joined)",
    "iam": r"harness: iam-initialized",
    "healthy": r"harness: cluster-healthy",
}
"""The phases of a machine's first boot, and the console lines by which the stack says that they are reached."""

OPERATIONAL_WITHIN = 1 * minutes
"""From booted to a healthy cluster: the documents say 30 to 60 seconds."""


class VirtualLab(Lab):
    """Virtual machines, the boot server that installs them, and the cluster that they form."""

    def __init__(self, topology: Topology, workbench: Workbench, evidence: Path, display: Display) -> None:
        if topology.boot_server is None or topology.stack is None:
            raise LabError(f"the topology {topology.name} has no boot server or no stack, so it can't be bootstrapped")
        super().__init__(topology, workbench, evidence)
        self.firmware = workbench.settings.firmware
        self.patience = workbench.patience(cpus=sum(machine.cpus for machine in topology.machines))
        self.phases = PhaseLog([machine.name for machine in topology.machines])
        self.assembly = Assembly.of(topology, topology.boot_server, topology.stack, self.firmware)
        self.cluster: Cluster = self.assembly.stack.cluster(topology, self.assembly.secrets, patience=self.patience)
        self._machines: dict[str, VirtualMachine] = {}
        self._cards = plan.cards(topology)
        self._display = display

    @property
    def machines(self) -> Mapping[str, VirtualMachine]:
        """The machines, by name."""
        return self._machines

    def build(self, undo: contextlib.ExitStack) -> None:
        """Start the boot server, and put the machines into their racks, with blank disks."""
        place = undo.enter_context(NetworkNamespace.create())
        spec = self.assembly.boot_server
        self.wire_host(spec.name, place, spec.vlan, BOOT_INTERFACE, spec.address)
        self.boot_server = undo.enter_context(self._boot_server(place))
        for spec_of_machine in self.topology.machines:
            machine = self._machines[spec_of_machine.name] = self._machine(spec_of_machine)
            undo.callback(machine.close)

    def bootstrap(self) -> None:
        """From blank disks to a running cluster: boot the machines from the network, install them, wait for the stack.

        They go side by side, as an operator's loop over them does. Raises an `ExceptionGroup` with a `LabError` for
        each machine that did not get there.
        """
        machines = self._machines.values()
        self._shown([(self._deploy, machines), (self._wait_for_first_boot, machines)])

    def install(self, *names: str) -> None:
        """Boot some machines from the network and install them; they run what they have then. Raises as `bootstrap`."""
        self._shown([(self._deploy, [self._machines[name] for name in names])])

    def show_carrier(self, link: str, *, on: bool) -> None:
        """Let a guest see its cable plugged in or pulled."""
        machine, _, card = link.partition("/")
        if machine in self._machines:
            self._machines[machine].set_carrier(card, on=on)

    def differences(self, machine: str) -> list[str]:
        """Return how a running machine's disk and secrets differ from what was declared; none where they don't."""
        running = self.machines[machine]
        with self._session(running.spec, OPERATIONAL_WITHIN) as session:
            return verify(session, self.topology.disk_layout, self.firmware, self.assembly.entries(running.spec))

    def doors(self, folder: Path) -> Mapping[str, Door]:
        """Return how machines that are on are entered now: by SSH, where they are installed."""
        return {
            name: doors.of_system(
                name,
                machine.spec.nics[0].address,
                key=self.assembly.lab_key,
                host_key=self.assembly.host_keys[name].public,
                folder=folder,
                console=machine.console.log,
            )
            for name, machine in self._machines.items()
            if machine.is_on()
        }

    def summary(self) -> str:
        """Return the phases of all machines and their durations, as a table."""
        return f"{table(self.phases)}\n{super().summary()}"

    def _shown(self, steps: list[tuple[Callable[[VirtualMachine], None], Collection[VirtualMachine]]]) -> None:
        """Take steps one after another, each with its machines side by side, and show how far they are."""
        self._display.start(self.phases)
        try:
            for step, machines in steps:
                side_by_side(step, machines)
        finally:
            self._display.stop()
            (self.evidence / "phases.json").write_text(self.phases.to_json())

    def _boot_server(self, place: NetworkNamespace) -> BootServer:
        bench = self.workbench
        return BootServer(
            self.assembly.boot_config,
            place=place,
            folder=self.evidence / "boot-server",
            files={
                boot_files.KERNEL: bench.installer.file("kernel"),
                boot_files.INITRD: bench.installer.file("initrd"),
                boot_files.ROOT: bench.node.file("rootfs"),
                boot_files.AUTHORIZED_KEYS: f"{self.assembly.lab_key.public}\n".encode(),
            },
            patience=self.patience,
        )

    def _machine(self, spec: MachineSpec) -> VirtualMachine:
        machine = VirtualMachine(
            spec,
            hypervisor=self.workbench.hypervisor,
            attachments=[self.network.attach(one.link, one.card) for one in self._cards[spec.name]],
            boot_card=boot_files.boot_card(spec, self.assembly.boot_server.vlan),
            accelerator=self.workbench.accelerator,
            firmware=self.firmware,
            folder=self.workbench.folder_for(spec.name),
            evidence=self.evidence,
            patience=self.patience,
        )
        machine.reach_by(partial(self._session, spec))
        return machine

    def _session(self, spec: MachineSpec, within: timedelta) -> SshSession:
        """Open a session on an installed machine, which must show the host key that was installed on it."""
        return SshSession.connect(
            str(spec.nics[0].address),
            key=self.assembly.lab_key,
            host_key=self.assembly.host_keys[spec.name].public,
            within=within,
            patience=self.patience,
            machine=spec.name,
        )

    def _deploy(self, machine: VirtualMachine) -> None:
        root = RootArchive(self.assembly.boot_config.url(boot_files.ROOT))
        installation = self.assembly.plan(machine.spec, root)
        reach = self._reacher(machine)
        deploy(machine, Deployment(installation, self.assembly.lab_key, reach, self.patience))

    def _wait_for_first_boot(self, machine: VirtualMachine) -> None:
        reach = self._reacher(machine)
        for phase, line in FIRST_BOOT.items():
            wait_for_line(machine, phase, line, start=0, within=OPERATIONAL_WITHIN, patience=self.patience)
            reach(phase)

    def _reacher(self, machine: VirtualMachine) -> Callable[[str], None]:
        return partial(self.phases.reach, machine.name)
