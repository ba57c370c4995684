"""A lab of namespace machines: there in milliseconds, on the host's own kernel and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.assembly import BOOT_INTERFACE, boot_config
from harness.lab import Lab
from harness.machines import doors
from harness.machines.namespace import NamespaceMachine, switch_off, switch_on
from harness.network import plan
from harness.provisioning.boot_server import BootServer
from harness.sandbox.netns import NetworkNamespace

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Mapping
    from pathlib import Path

    from harness.machines.doors import Door
    from harness.topology.model import BootServerSpec, Topology
    from harness.workbench import Workbench


class NamespaceLab(Lab):
    """Namespace machines, and the topology's boot server, where it has one: they are not installed, and can ask it."""

    def __init__(self, topology: Topology, workbench: Workbench, evidence: Path) -> None:
        super().__init__(topology, workbench, evidence)
        cards = {name: [one.card for one in planned] for name, planned in plan.cards(topology).items()}
        self._machines = {
            spec.name: NamespaceMachine(spec, cards[spec.name], network=self.network) for spec in topology.machines
        }

    @property
    def machines(self) -> Mapping[str, NamespaceMachine]:
        """The machines, by name."""
        return self._machines

    def build(self, undo: contextlib.ExitStack) -> None:
        """Start the boot server. Machines that are on when the lab is taken down are switched off together."""
        undo.callback(self.switch_off)
        if self.topology.boot_server is not None:
            self._start_boot_server(undo, self.topology.boot_server)

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

    def _start_boot_server(self, undo: contextlib.ExitStack, spec: BootServerSpec) -> None:
        place = undo.enter_context(NetworkNamespace.create())
        self.wire_host(spec.name, place, spec.vlan, BOOT_INTERFACE, spec.address)
        folder = self.evidence / "boot-server"
        undo.enter_context(BootServer(boot_config(self.topology, spec), place=place, folder=folder, files={}))
