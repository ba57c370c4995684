"""A lab: a topology that has been built, from its cables to the cluster that runs on it."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

from harness.assembly import BOOT_INTERFACE, Assembly
from harness.errors import LabError
from harness.machines.ssh import SshSession
from harness.machines.virtual import VirtualMachine
from harness.network.multicast import MulticastNetwork
from harness.network.protocol import MulticastAttachment
from harness.provisioning import boot_files
from harness.provisioning.boot_server import BootServer
from harness.provisioning.deployment import Deployment, deploy, wait_for_line
from harness.provisioning.installer import RootArchive
from harness.provisioning.verify import verify
from harness.sandbox.netns import NetworkNamespace
from harness.trace.phases import PhaseLog, table
from harness.units import minutes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import timedelta
    from pathlib import Path
    from types import TracebackType

    from harness.capture.timeline import Timeline
    from harness.stacks.protocol import Cluster
    from harness.topology.model import MachineSpec, Topology
    from harness.trace.display import Display
    from harness.workbench import Workbench

SCENARIO_INTERFACE = "lab{}"

FIRST_BOOT = {
    "chainfire": r"harness: chainfire-(initialized|joined)",
    "flaredb": r"harness: flaredb-(initialized|joined)",
    "iam": r"harness: iam-initialized",
    "healthy": r"harness: cluster-healthy",
}
"""The phases of a machine's first boot, and the console lines by which the stack says that they are reached."""

OPERATIONAL_WITHIN = 1 * minutes
"""From booted to a healthy cluster: the documents say 30 to 60 seconds."""


class Lab:
    """A topology, built. Use it as a context manager: it is built on entering and taken down on leaving.

    Its machines are off until `bootstrap` or a scenario turns them on. Nothing of it outlives it but its evidence.
    """

    def __init__(self, topology: Topology, workbench: Workbench, evidence: Path, display: Display) -> None:
        if topology.boot_server is None or topology.stack is None:
            raise LabError(f"the topology {topology.name} has no boot server or no stack, so it can't be bootstrapped")
        self.topology = topology
        self.evidence = evidence
        self.firmware = workbench.settings.firmware
        self.patience = workbench.patience(cpus=sum(machine.cpus for machine in topology.machines))
        self.phases = PhaseLog([machine.name for machine in topology.machines])
        self.assembly = Assembly.of(topology, topology.boot_server, topology.stack, self.firmware)
        self.network = MulticastNetwork(topology, evidence, workbench.namespace)
        self.cluster: Cluster = self.assembly.stack.cluster(topology, self.assembly.secrets, patience=self.patience)
        self.machines: Mapping[str, VirtualMachine] = {}
        self._workbench = workbench
        self._display = display
        self._undo = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Build the network, the boot server and the machines. What was built is taken down where that fails."""
        try:
            self._plug_in()
            self.network.start()
            self.boot_server = self._undo.enter_context(self._boot_server())
            self.machines = {machine.name: self._machine(machine) for machine in self.topology.machines}
        except BaseException:
            self._undo.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    def bootstrap(self) -> None:
        """From blank disks to a running cluster: boot the machines from the network, install them, wait for the stack.

        They go side by side, as an operator's loop over them does. Raises an `ExceptionGroup` with a `LabError` for
        each machine that did not get there.
        """
        self._display.start(self.phases)
        try:
            side_by_side(self._deploy, self.machines.values())
            side_by_side(self._wait_for_first_boot, self.machines.values())
        finally:
            self._display.stop()
            (self.evidence / "phases.json").write_text(self.phases.to_json())

    def wire(self, vlan: str | None = None) -> Timeline:
        """Return what was seen on a VLAN (the first, where none is named) until now, decoded."""
        from harness.capture.timeline import read  # noqa: PLC0415 - decoders are loaded when they are asked for

        segment = self.network.segments[vlan or self.topology.vlans[0].name]
        segment.flush()
        return read(segment.capture)

    def differences(self, machine: str) -> list[str]:
        """Return how a running machine's disk and secrets differ from what was declared; none where they don't."""
        running = self.machines[machine]
        with self._session(running.spec, OPERATIONAL_WITHIN) as session:
            return verify(session, self.topology.disk_layout, self.firmware, self.assembly.entries(running.spec))

    def summary(self) -> str:
        """Return the phases of all machines and their durations, as a table."""
        return table(self.phases)

    def _plug_in(self) -> None:
        """Put the harness's own hosts on the segments: the scenario itself, and the boot server."""
        self._undo.callback(self.network.stop)
        for number, vlan in enumerate(self.topology.vlans):
            if vlan.scenario_address is not None:
                interface = SCENARIO_INTERFACE.format(number)
                segment = self.network.segments[vlan.name]
                segment.add_host(self._workbench.namespace, interface, vlan.scenario_address)
        spec = self.assembly.boot_server
        self._boot_namespace = self._undo.enter_context(NetworkNamespace.create())
        self.network.segments[spec.vlan].add_host(self._boot_namespace, BOOT_INTERFACE, spec.address)

    def _boot_server(self) -> BootServer:
        bench = self._workbench
        return BootServer(
            self.assembly.boot_config,
            place=self._boot_namespace,
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
            hypervisor=self._workbench.hypervisor,
            attachments=[
                MulticastAttachment(endpoint.group, endpoint.port)
                for endpoint in (self.network.attach(nic.vlan).endpoint for nic in spec.nics)
            ],
            boot_card=boot_files.boot_card(spec, self.assembly.boot_server.vlan),
            accelerator=self._workbench.accelerator,
            firmware=self.firmware,
            folder=self._workbench.folder_for(spec.name),
            evidence=self.evidence,
            patience=self.patience,
        )
        self._undo.callback(machine.close)
        machine.reach_by(lambda within: self._session(spec, within))
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
        plan = self.assembly.plan(machine.spec, root)
        reach = self._reacher(machine)
        deploy(machine, Deployment(plan, self.assembly.lab_key, reach, self.patience))

    def _wait_for_first_boot(self, machine: VirtualMachine) -> None:
        reach = self._reacher(machine)
        for phase, line in FIRST_BOOT.items():
            wait_for_line(machine, phase, line, start=0, within=OPERATIONAL_WITHIN, patience=self.patience)
            reach(phase)

    def _reacher(self, machine: VirtualMachine) -> Callable[[str], None]:
        return lambda phase: self.phases.reach(machine.name, phase)


def side_by_side(action: Callable[[VirtualMachine], None], machines: Collection[VirtualMachine]) -> None:
    """Do something to all machines at once, and wait for all. Raises what went wrong, together."""
    with ThreadPoolExecutor(max_workers=max(1, len(machines)), thread_name_prefix="harness-lab") as pool:
        futures = [pool.submit(action, machine) for machine in machines]
    errors = [error for future in futures if isinstance(error := future.exception(), Exception)]
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {len(machines)} machines failed", errors)
