"""A lab of namespace machines: there in milliseconds, on the host's own kernel and files."""

from __future__ import annotations

import contextlib
from functools import cached_property
from typing import TYPE_CHECKING

from harness.assembly import BOOT_INTERFACE, boot_config, find_stack
from harness.errors import LabError
from harness.lab import Lab, side_by_side
from harness.ladder import Rung
from harness.machines import doors
from harness.machines.data_tmpfs import DataTmpfs
from harness.machines.namespace import NamespaceMachine, switch_off, switch_on
from harness.machines.services import Services
from harness.network import plan
from harness.provisioning.boot_server import BootServer
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import NotSeen, wait_until
from harness.stacks.protocol import Native
from harness.topology.gateways import gateways
from harness.topology.holdings import vlans_of
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.machines.doors import Door
    from harness.stacks.protocol import Cluster, Secrets, Stack
    from harness.topology.model import BootServerSpec, Topology
    from harness.workbench import Workbench

FORMED_WITHIN = 30 * seconds
"""From the start of the services to a cluster whose every health endpoint answers 200; the documents allow 60 s."""


class NamespaceLab(Lab):
    """Namespace machines, the boot server that they can ask, and the cluster that they form, where there are such.

    Nothing is installed from the network: the stack's files lie in a folder for each machine, in memory. `start` is the
    rung that the machines are on when a scenario gets them; see `harness.ladder`.
    """

    def __init__(self, topology: Topology, workbench: Workbench, evidence: Path, start: Rung = Rung.OFF) -> None:
        super().__init__(topology, workbench, evidence)
        cards = {name: [one.card for one in planned] for name, planned in plan.cards(topology).items()}
        self._machines = {
            spec.name: NamespaceMachine(spec, cards[spec.name], network=self.network, gateways=gateways(topology, spec))
            for spec in topology.machines
        }
        self._data = contextlib.ExitStack()
        """Gives back the memory that machines' data are in."""
        self._start = start
        self.boot_server: BootServer | None = None

    @property
    def machines(self) -> Mapping[str, NamespaceMachine]:
        """The machines, by name."""
        return self._machines

    @cached_property
    def cluster(self) -> Cluster:
        """The means to ask the cluster. Raises `LabError` where the topology has no stack."""
        return self._stack.cluster(self.topology, self._secrets, patience=self.patience)

    def build(self, undo: contextlib.ExitStack) -> None:
        """Start the boot server. Machines that are on when the lab is taken down are switched off together."""
        undo.callback(self._data.close)
        undo.callback(self.switch_off)
        if self.topology.boot_server is not None:
            self._start_boot_server(undo, self.topology.boot_server)
        if self._start is Rung.INSTALLER:
            raise LabError("namespace machines have no installer to start: use --lab-machines=vm")
        if self._start is not Rung.OFF:
            self.install(*self.founders)
        if self._start is Rung.CLUSTER:
            founders = [self._machines[name] for name in self.founders]
            self.switch_on(*self.founders)
            self._wait_until_formed(founders)
            prepared = lambda: all(machine.prepared() for machine in founders)  # noqa: E731 - it is looked at again
            wait_until("the services that prepare others", prepared, within=FORMED_WITHIN)

    def _wait_until_formed(self, founders: Sequence[NamespaceMachine]) -> None:
        """Wait for the cluster. Raises `NotSeen`, with the services that ended meanwhile: they are why, as a rule."""
        stack = self.topology.stack
        try:
            self.cluster.wait_until_healthy(within=FORMED_WITHIN, among=stack.bootstrap if stack else None)
        except NotSeen as late:
            ended = [f"{machine.name}: {words}" for machine in founders for words in machine.ended()]
            seen = "; ".join([str(late.last_seen), *ended])
            raise NotSeen(late.what, last_seen=seen, waited=late.waited or FORMED_WITHIN, looks=late.looks) from None

    @property
    def founders(self) -> tuple[str, ...]:
        """The machines that run the stack from the start: those that form the cluster, and those without a vote."""
        stack = self.topology.stack
        if stack is None:
            return ()
        standing = [one for one in self.topology.machines if not vlans_of(one).isdisjoint(stack.vlans)]
        return tuple(one.name for one in standing if one.name in stack.bootstrap or not one.voter)

    def install(self, *names: str) -> None:
        """Give machines the stack's files and services, which start when they are switched on.

        A machine that joins a running cluster is made a member here. Raises `LabError` where the stack does not run on
        such machines, and as `harness.stacks.protocol.Native.prepare`.
        """
        native, secrets = self._native, self._secrets

        memory = self.workbench.memory

        def install(machine: NamespaceMachine) -> None:
            root = memory / self.workbench.folder_for(machine.name).name
            self._data.callback(DataTmpfs.mount(root).unmount)
            services = native.prepare(self.topology, machine.name, secrets, root)
            machine.install(Services(services, self.evidence / "services" / machine.name), root)

        side_by_side(install, [self._machines[name] for name in names])

    def switch_on(self, *names: str) -> None:
        """Switch machines on together, all where none is named."""
        switch_on(self._machines[name] for name in names or self._machines)

    def switch_off(self, *names: str) -> None:
        """Switch machines off together, all where none is named."""
        switch_off(self._machines[name] for name in names or self._machines)

    def doors(self, folder: Path) -> Mapping[str, Door]:
        """Return how machines that are on are entered now: by their namespaces."""
        del folder
        on = {name: machine for name, machine in self._machines.items() if machine.is_on()}
        return {name: doors.of_namespace(machine.namespace.fileno()) for name, machine in on.items()}

    @cached_property
    def _stack(self) -> Stack:
        if self.topology.stack is None:
            raise LabError(f"the topology {self.topology.name} has no stack, so it has no cluster")
        return find_stack(self.topology.stack.kind)

    @property
    def _native(self) -> Native:
        stack = self._stack
        if not isinstance(stack, Native):
            raise LabError(f"the stack {stack.name} runs on virtual machines only: use --lab-machines=vm")
        return stack

    @cached_property
    def _secrets(self) -> Secrets:
        return self._stack.secrets(self.topology)

    def _start_boot_server(self, undo: contextlib.ExitStack, spec: BootServerSpec) -> None:
        place = undo.enter_context(NetworkNamespace.create())
        self.wire_host(spec.name, place, spec.vlan, BOOT_INTERFACE, spec.address)
        folder = self.evidence / "boot-server"
        server = BootServer(boot_config(self.topology, spec), place=place, folder=folder, files={})
        self.boot_server = undo.enter_context(server)
