"""Deploying the machines of a rack: side by side, phase by phase, for people to see."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from harness.lab import side_by_side
from harness.provisioning import boot_files, deployment
from harness.provisioning.deployment import Deployment
from harness.provisioning.installer import RootArchive
from harness.sandbox.waiting import NotSeen
from harness.stacks.places import stack_machines
from harness.stacks.protocol import InstallsItself
from harness.units import minutes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import timedelta

    from harness.machines.virtual import VirtualMachine
    from harness.provisioning.deployment import SshHost
    from harness.provisioning.installer import InstallPlan
    from harness.provisioning.own_installer import OwnPlan
    from harness.rack import Rack
    from harness.stacks.protocol import Cluster
    from harness.topology.model import MachineSpec, Topology
    from harness.trace.display import Display
    from harness.trace.phases import PhaseLog

    Deploy = Callable[[VirtualMachine, Deployment, SshHost | None], None]

FIRST_BOOT = {
    "chainfire": r"harness: chainfire-(initialized|joined)",
    "flaredb": r"harness: flaredb-(initialized|joined)",
    "iam": r"harness: iam-initialized",
    "healthy": r"harness: cluster-healthy",
}
"""The phases of a machine's first boot, and the console lines by which the stack says that they are reached."""

OPERATIONAL_WITHIN = 1 * minutes
"""From booted to a healthy cluster: the documents say 30 to 60 seconds."""


class Deployer:
    """Takes machines of a rack, by their names, from one state to the next.

    They go side by side, as an operator's loop over them does; who is where stands in `phases`, and in ``phases.json``
    of the evidence at the end of each call. All raise an `ExceptionGroup` with a `LabError` for each machine that did
    not get there.
    """

    def __init__(self, rack: Rack, phases: PhaseLog, display: Display) -> None:
        self.phases = phases
        self._rack = rack
        self._display = display

    def boot_installers(self, names: Iterable[str]) -> None:
        """Power machines on, which boot the network, and wait until their installers can be reached."""
        self._take(names, self._boot_installer)

    def deploy(self, names: Iterable[str]) -> None:
        """Have machines boot the network, unless they are in their installers, install themselves, and boot that."""
        self._take(names, self._deploy)

    def deploy_to_disk(self, names: Iterable[str]) -> None:
        """Have machines install themselves, and power them off again."""
        self._take(names, partial(self._deploy, by=deployment.deploy_to_disk))

    def boot_from_disk(self, names: Iterable[str]) -> None:
        """Power installed machines on, and wait until their first boot has made a cluster of them."""
        self._take(names, self._boot_from_disk, self._wait_for_first_boot)

    def bootstrap(self, names: Iterable[str]) -> None:
        """From blank disks to a running cluster: `deploy`, and the first boot."""
        self._take(names, self._deploy, self._wait_for_first_boot)

    def _take(self, names: Iterable[str], *steps: Callable[[VirtualMachine], None]) -> None:
        """Take steps one after another, each with all machines side by side, and show how far they are."""
        machines = [self._rack.machines[name] for name in names]
        self._display.start(self.phases)
        try:
            for step in steps:
                side_by_side(step, machines)
        finally:
            self._display.stop()
            (self._rack.evidence / "phases.json").write_text(self.phases.to_json())

    def _boot_installer(self, machine: VirtualMachine) -> None:
        self._rack.installers[machine.name] = deployment.boot_installer(machine, self._deployment(machine))

    def _deploy(self, machine: VirtualMachine, by: Deploy = deployment.deploy) -> None:
        installer = self._rack.installers.pop(machine.name, None)
        by(machine, self._deployment(machine), installer if machine.is_on() else None)

    def _boot_from_disk(self, machine: VirtualMachine) -> None:
        deployment.boot_from_disk(machine, self._deployment(machine))

    def _wait_for_first_boot(self, machine: VirtualMachine) -> None:
        rack, reach = self._rack, self._reacher(machine)
        if isinstance(rack.assembly.stack, InstallsItself):  # its units owe us no words, so it is asked
            ask_for_health(machine, rack.cluster, within=OPERATIONAL_WITHIN)
            reach("healthy")
            return
        for phase, line in first_boot_of(machine.name, rack.assembly.topology).items():
            deployment.wait_for_line(machine, phase, line, start=0, within=OPERATIONAL_WITHIN, patience=rack.patience)
            reach(phase)

    def _deployment(self, machine: VirtualMachine) -> Deployment:
        rack = self._rack
        return Deployment(self._plan(machine.spec), rack.assembly.lab_key, self._reacher(machine), rack.patience)

    def _plan(self, machine: MachineSpec) -> InstallPlan | OwnPlan:
        rack, assembly = self._rack, self._rack.assembly
        if isinstance(assembly.stack, InstallsItself):
            log = rack.evidence / "installation" / f"{machine.name}.log"
            folder = rack.workbench.folder_for(machine.name)
            return assembly.own_plan(machine, assembly.stack, folder=folder, log=log)
        return assembly.plan(machine, RootArchive(assembly.boot_config.url(boot_files.ROOT)))

    def _reacher(self, machine: VirtualMachine) -> Callable[[str], None]:
        return partial(self.phases.reach, machine.name)


def first_boot_of(machine: str, topology: Topology) -> Mapping[str, str]:
    """Return what `FIRST_BOOT` has of a machine; nothing where it does not run the stack, but only gossips."""
    return FIRST_BOOT if machine in stack_machines(topology) else {}


def ask_for_health(machine: VirtualMachine, cluster: Cluster, *, within: timedelta) -> None:
    """Wait until all health endpoints of a machine answer 200. Raises `LabError` with those that don't."""
    try:
        cluster.wait_until_healthy(within=within, among=[machine.name])
    except NotSeen as late:
        raise machine.failed(f"did not get there: {late}", phase="healthy") from late
