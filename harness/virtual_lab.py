"""A lab of virtual machines, from blank disks to the cluster that runs on them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from harness import checkpoints
from harness.assembly import BOOT_INTERFACE, Assembly
from harness.capture.notes import RESTORE
from harness.climbing import Climber
from harness.deploying import OPERATIONAL_WITHIN, Deployer
from harness.errors import LabError
from harness.lab import Lab, side_by_side
from harness.ladder import Rung
from harness.network import plan
from harness.network.state import put, take
from harness.provisioning.verify import verify
from harness.rack import Rack
from harness.sandbox.netns import NetworkNamespace
from harness.trace.phases import PhaseLog, table

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Mapping
    from pathlib import Path

    from harness.machines.doors import Door
    from harness.machines.virtual import VirtualMachine
    from harness.network.state import NetworkState
    from harness.provisioning.deployment import SshHost
    from harness.stacks.protocol import Cluster
    from harness.topology.model import Topology
    from harness.trace.display import Display
    from harness.workbench import Workbench


class VirtualLab(Lab):
    """Virtual machines, the boot server that installs them, and the cluster that they form.

    `start` is the rung that they are on when a scenario gets them; see `harness.ladder`.
    """

    def __init__(
        self, topology: Topology, workbench: Workbench, evidence: Path, display: Display, start: Rung = Rung.OFF
    ) -> None:
        if topology.boot_server is None or topology.stack is None:
            raise LabError(f"the topology {topology.name} has no boot server or no stack, so it can't be bootstrapped")
        super().__init__(topology, workbench, evidence)
        self.firmware = workbench.settings.firmware
        self.patience = workbench.patience(cpus=sum(machine.cpus for machine in topology.machines))
        self.phases = PhaseLog([machine.name for machine in topology.machines])
        self.phases.on_phase(lambda reached: self.note("phase", reached.machine, details=reached.phase))
        assembly = Assembly.of(topology, topology.boot_server, topology.stack, self.firmware)
        self._rack = Rack(assembly, workbench, evidence, self.patience)
        self._deployer = Deployer(self._rack, self.phases, display)
        self._climber = Climber(self._rack, self._deployer, self._go_back)
        self._start = start
        self._branches: dict[str, tuple[Path, NetworkState, Mapping[str, SshHost]]] = {}

    @property
    def assembly(self) -> Assembly:
        """What the machines are told; their keys and secrets are in it."""
        return self._rack.assembly

    @property
    def cluster(self) -> Cluster:
        """The means to ask the cluster that the machines form."""
        return self._rack.cluster

    @property
    def machines(self) -> Mapping[str, VirtualMachine]:
        """The machines, by name."""
        return self._rack.machines

    @property
    def founders(self) -> tuple[str, ...]:
        """The machines that rungs are about: all but those that join the running cluster later, which stay blank."""
        return self._climber.founders

    def build(self, undo: contextlib.ExitStack) -> None:
        """Start the boot server, and put the machines into their rack, with blank disks."""
        place = undo.enter_context(NetworkNamespace.create())
        server = self.assembly.boot_server
        self.wire_host(server.name, place, server.vlan, BOOT_INTERFACE, server.address)
        self.boot_server = undo.enter_context(self._rack.boot_server(place))
        undo.callback(self._rack.close)
        cards = plan.cards(self.topology)
        for machine in self.topology.machines:
            attachments = [self.network.attach(one.link, one.card) for one in cards[machine.name]]
            self._rack.add(machine, attachments, partial(self._note_power, machine.name))
        self.start(self._start)

    def bootstrap(self) -> None:
        """From blank disks to a running cluster: boot the machines from the network, install them, wait for the stack.

        They go side by side, as an operator's loop over them does. Raises an `ExceptionGroup` with a `LabError` for
        each machine that did not get there.
        """
        self._deployer.bootstrap(self.machines)

    def install(self, *names: str) -> None:
        """Boot some machines from the network and install them; they run what they have then. Raises as `bootstrap`.

        Unless a machine is in its installer already, its power is cut and its disk wiped before. One that joins is made
        a member by its first boot, which `cluster.wait_until_healthy` waits for.
        """
        for machine in [self.machines[name] for name in names]:
            if machine.name not in self._rack.installers:
                machine.cut()
                machine.wipe()
        self._deployer.deploy(names)

    def switch_on(self, *names: str) -> None:
        """Press the power button of machines that are off, of all where none is named."""
        side_by_side(lambda machine: machine.on(), [self.machines[name] for name in names or self.machines])

    def switch_off(self, *names: str) -> None:
        """Cut the power of machines, of all where none is named."""
        side_by_side(lambda machine: machine.cut(), [self.machines[name] for name in names or self.machines])

    def show_carrier(self, link: str, *, on: bool) -> None:
        """Let a guest see its cable plugged in or pulled."""
        machine, _, card = link.partition("/")
        if machine in self.machines:
            self.machines[machine].set_carrier(card, on=on)

    def checkpoint(self, name: str) -> None:
        """Save all machines as they are at one moment, and what was done to the network; all go on then.

        The name is new or is given to this checkpoint from now on. Raises `HostError` where there is no room, and
        `LabError` where a machine can't be saved; nothing is left then.
        """
        folder = self.workbench.folder_for("checkpoint")
        state = take(self.network, self._rules)
        checkpoints.save(self.machines, folder)
        self._branches[name] = folder, state, dict(self._rack.installers)
        self.note("checkpoint", *self.machines, details=name)

    def restore(self, name: str) -> None:
        """Put back what `checkpoint` has saved under a name, as often as wanted: machines, links and rules.

        Raises `LabError` for another name, and where a machine does not come back; all are off then.
        """
        if name not in self._branches:
            raise LabError(f"the lab {self.topology.name} has no checkpoint {name!r}, only {', '.join(self._branches)}")
        folder, state, installers = self._branches[name]
        put(self.network, state, self._rules)
        checkpoints.restore(self.machines, folder, ready=partial(self._go_back, name))
        self._rack.installers = dict(installers)

    def start(self, rung: Rung) -> None:
        """Bring the machines to a rung, whatever they are now: from a checkpoint, or else by the cold way.

        Raises as `bootstrap`, where not even the cold way leads there.
        """
        self._climber.start(rung)

    def restored(self, rung: Rung) -> bool:
        """Start from the checkpoint of a rung, have it prove itself, and say whether that was done.

        Where it can't, it is thrown away, the reason is told, and the machines are off and blank.
        """
        return self._climber.restored(rung)

    def key(self, rung: Rung) -> str:
        """Return the key under which a checkpoint of a rung is kept."""
        return self._climber.key(rung)

    def differences(self, machine: str) -> list[str]:
        """Return how a running machine's disk and secrets differ from what was declared; none where they don't."""
        running = self.machines[machine]
        with self._rack.session(running.spec, OPERATIONAL_WITHIN) as session:
            return verify(session, self.topology.disk_layout, self.firmware, self.assembly.entries(running.spec))

    def doors(self, folder: Path) -> Mapping[str, Door]:
        """Return how machines that are on are entered now: by SSH, into their installer or the installed system."""
        return self._rack.doors(folder)

    def summary(self) -> str:
        """Return the phases of all machines and their durations, as a table."""
        return f"{table(self.phases)}\n{super().summary()}"

    def _go_back(self, details: str) -> None:
        """Have the wire know that time goes back for all machines now: nothing that was said before goes on."""
        self.note(RESTORE, *self.machines, details=details)

    def _note_power(self, machine: str, what: str) -> None:
        self.note(what, machine)
