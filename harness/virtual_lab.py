"""A lab of virtual machines, from blank disks to the cluster that runs on them."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from harness import checkpoints, proofs
from harness.assembly import BOOT_INTERFACE, Assembly
from harness.capture.notes import RESTORE
from harness.errors import HarnessError, LabError
from harness.lab import Lab, side_by_side
from harness.ladder import (
    INSTALLERS,
    KEYS,
    Rung,
    digest,
    installers_from_json,
    installers_to_json,
    key,
    keys_to_json,
    own_code,
    processor,
    stack_version,
    with_keys,
)
from harness.machines import doors
from harness.machines.firmware import ovmf
from harness.machines.ssh import SshSession
from harness.machines.virtual import VirtualMachine
from harness.network import plan
from harness.network.state import put, take
from harness.provisioning import boot_files
from harness.provisioning.boot_server import BootServer
from harness.provisioning.deployment import (
    Deployment,
    SshHost,
    boot_from_disk,
    boot_installer,
    deploy,
    deploy_to_disk,
    wait_for_line,
)
from harness.provisioning.installer import RootArchive
from harness.provisioning.verify import verify
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import NotSeen
from harness.stacks.places import joining_machines, stack_of
from harness.stacks.protocol import InstallsItself
from harness.topology.firmware import Firmware
from harness.trace.phases import PhaseLog, table
from harness.units import minutes

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable, Collection, Mapping
    from datetime import timedelta
    from pathlib import Path

    from harness.machines.doors import Door
    from harness.network.protocol import Attachment
    from harness.network.state import NetworkState
    from harness.provisioning.installer import InstallPlan
    from harness.provisioning.own_installer import OwnPlan
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
        self.assembly = Assembly.of(topology, topology.boot_server, topology.stack, self.firmware)
        self._cluster: Cluster = self.assembly.stack.cluster(topology, self.assembly.secrets, patience=self.patience)
        self._machines: dict[str, VirtualMachine] = {}
        self._cards = plan.cards(topology)
        self._attachments: list[Attachment] = []
        self._display = display
        self._start = start
        self._branches: dict[str, tuple[Path, NetworkState, Mapping[str, SshHost]]] = {}
        self._installers: dict[str, SshHost] = {}
        """The machines that have booted their installer, and have not been installed since."""

    @property
    def cluster(self) -> Cluster:
        """The means to ask the cluster that the machines form."""
        return self._cluster

    @property
    def machines(self) -> Mapping[str, VirtualMachine]:
        """The machines, by name."""
        return self._machines

    @property
    def founders(self) -> tuple[str, ...]:
        """The machines that rungs are about: all but those that join the running cluster later, which stay blank."""
        later = joining_machines(self.topology)
        return tuple(name for name in self._machines if name not in later)

    def build(self, undo: contextlib.ExitStack) -> None:
        """Start the boot server, and put the machines into their racks, with blank disks."""
        place = undo.enter_context(NetworkNamespace.create())
        spec = self.assembly.boot_server
        self.wire_host(spec.name, place, spec.vlan, BOOT_INTERFACE, spec.address)
        self.boot_server = undo.enter_context(self._boot_server(place))
        for spec_of_machine in self.topology.machines:
            self._machines[spec_of_machine.name] = self._machine(spec_of_machine)
        undo.callback(self._close)
        self.start(self._start)

    def bootstrap(self) -> None:
        """From blank disks to a running cluster: boot the machines from the network, install them, wait for the stack.

        They go side by side, as an operator's loop over them does. Raises an `ExceptionGroup` with a `LabError` for
        each machine that did not get there.
        """
        machines = self._machines.values()
        self._shown([(self._deploy, machines), (self._wait_for_first_boot, machines)])

    def install(self, *names: str) -> None:
        """Boot some machines from the network and install them; they run what they have then. Raises as `bootstrap`.

        Unless a machine is in its installer already, its power is cut and its disk wiped before. One that joins is made
        a member by its first boot, which `cluster.wait_until_healthy` waits for.
        """
        machines = [self._machines[name] for name in names]
        for machine in machines:
            if machine.name not in self._installers:
                machine.cut()
                machine.wipe()
        self._shown([(self._deploy, machines)])

    def switch_on(self, *names: str) -> None:
        """Press the power button of machines that are off, of all where none is named."""
        side_by_side(lambda machine: machine.on(), [self._machines[name] for name in names or self._machines])

    def switch_off(self, *names: str) -> None:
        """Cut the power of machines, of all where none is named."""
        side_by_side(lambda machine: machine.cut(), [self._machines[name] for name in names or self._machines])

    def show_carrier(self, link: str, *, on: bool) -> None:
        """Let a guest see its cable plugged in or pulled."""
        machine, _, card = link.partition("/")
        if machine in self._machines:
            self._machines[machine].set_carrier(card, on=on)

    def checkpoint(self, name: str) -> None:
        """Save all machines as they are at one moment, and what was done to the network; all go on then.

        The name is new or is given to this checkpoint from now on. Raises `HostError` where there is no room, and
        `LabError` where a machine can't be saved; nothing is left then.
        """
        folder = self.workbench.folder_for("checkpoint")
        state = take(self.network, self._rules)
        checkpoints.save(self._machines, folder)
        self._branches[name] = folder, state, dict(self._installers)
        self.note("checkpoint", *self._machines, details=name)

    def restore(self, name: str) -> None:
        """Put back what `checkpoint` has saved under a name, as often as wanted: machines, links and rules.

        Raises `LabError` for another name, and where a machine does not come back; all are off then.
        """
        if name not in self._branches:
            raise LabError(f"the lab {self.topology.name} has no checkpoint {name!r}, only {', '.join(self._branches)}")
        folder, state, installers = self._branches[name]
        put(self.network, state, self._rules)
        checkpoints.restore(self._machines, folder, ready=partial(self._go_back, name))
        self._installers = dict(installers)

    def _go_back(self, details: str) -> None:
        """Have the wire know that time goes back for all machines now: nothing that was said before goes on."""
        self.note(RESTORE, *self._machines, details=details)

    def differences(self, machine: str) -> list[str]:
        """Return how a running machine's disk and secrets differ from what was declared; none where they don't."""
        running = self.machines[machine]
        with self._session(running.spec, OPERATIONAL_WITHIN) as session:
            return verify(session, self.topology.disk_layout, self.firmware, self.assembly.entries(running.spec))

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
            for name, machine in tuple(self._machines.items())
            if machine.is_on()
        }

    def summary(self) -> str:
        """Return the phases of all machines and their durations, as a table."""
        return f"{table(self.phases)}\n{super().summary()}"

    def start(self, rung: Rung) -> None:
        """Bring the machines to a rung, whatever they are now: from a checkpoint, or else by the cold way.

        Raises as `bootstrap`, where not even the cold way leads there.
        """
        if rung is Rung.OFF:
            return
        if self.workbench.settings.checkpoints == "off" or isinstance(self.assembly.stack, InstallsItself):
            self._make(rung)  # what another program installs may change without our knowing, so nothing of it is kept
        elif not self.restored(rung):
            waits = partial(self._tell, f"waiting for another process that makes {rung}")
            with self.workbench.checkpoints.making(self.key(rung), on_wait=waits):
                # That process may have made this very checkpoint.
                if not self.restored(rung):
                    self._make(rung)
                    self._publish(rung)

    def restored(self, rung: Rung) -> bool:
        """Start from the checkpoint of a rung, have it prove itself, and say whether that was done.

        Where it can't, it is thrown away, the reason is told, and the machines are off and blank.
        """
        store, name = self.workbench.checkpoints, self.key(rung)
        if self.workbench.settings.checkpoints == "rebuild" and name not in self.workbench.published:
            return False
        try:
            folder = store.find(name)
            if folder is None:
                return False
            self._adopt((folder / KEYS).read_text())
            self._installers = installers_from_json((folder / INSTALLERS).read_text())
            back = partial(self._go_back, f"{rung} {name}")
            checkpoints.restore(self._machines, folder, proofs=self._proofs(rung), ready=back)
        except (HarnessError, ExceptionGroup, OSError) as error:
            self._tell(f"the checkpoint {rung} ({name}) is thrown away, and made anew: {_reasons(error)}")
            store.discard(name)
            self._blank()
            self._go_back("none")
            return False
        for machine_name in self.founders:
            self.phases.reach(machine_name, f"restored {rung}")
        return True

    def _proofs(self, rung: Rung) -> list[Callable[[], None]]:
        """Return what a restored lab has to prove besides its memory."""
        if rung is Rung.CLUSTER:
            members = [partial(self._prove_member, name) for name in stack_of(self.topology).bootstrap]
            return [*members, partial(proofs.prove_write, self.cluster, self.patience)]
        return [partial(self._prove_installer, self._machines[name]) for name in self._installers]

    def _prove_member(self, name: str) -> None:
        """Have a restored machine find itself healthy; where it does not know how to ask, we do."""
        if not proofs.prove_own_health(name, self._machines[name].keeper, self.patience):
            proofs.prove_health(self.cluster, self.patience, [name])

    def _prove_cluster(self) -> None:
        """Have every member of a cluster that was started just now be healthy, and a write accepted."""
        proofs.prove_health(self.cluster, self.patience, stack_of(self.topology).bootstrap)
        proofs.prove_write(self.cluster, self.patience)

    def _blank(self) -> None:
        """Have every machine off, with a blank disk."""
        self._installers.clear()
        for machine in self._machines.values():
            machine.cut()
            machine.wipe()

    def _prove_installer(self, machine: VirtualMachine) -> None:
        """Set an installer's clock, over a session that only its own memory can open: its host key is nowhere else."""
        machine.run(["date", "-s", f"@{time.time():.0f}"], within=proofs.WITHIN)

    def _make(self, rung: Rung) -> None:
        """Get to a rung by the cold way, from the one below."""
        machines = [self._machines[name] for name in self.founders]
        match rung:
            case Rung.OFF:
                self._blank()
            case Rung.INSTALLER:
                self._blank()
                self._shown([(self._boot_installer, machines)])
            case Rung.INSTALLED:
                self.start(Rung.INSTALLER)
                self._shown([(partial(self._deploy, by=deploy_to_disk), machines)])
            case Rung.CLUSTER:
                self.start(Rung.INSTALLED)
                self._shown([(self._boot_from_disk, machines), (self._wait_for_first_boot, machines)])
                self._prove_cluster()

    def _publish(self, rung: Rung) -> None:
        """Keep what the machines are now as the checkpoint of a rung. Where that can't be, say so, and go on."""
        store = self.workbench.checkpoints
        try:
            with store.workplace() as grown:
                if rung is Rung.CLUSTER:
                    checkpoints.tidy(self._machines)
                    self._prove_cluster()  # that has kept the members busy
                    checkpoints.dial(self._machines)
                checkpoints.save(self._machines, grown / "lab")
                (grown / "lab" / KEYS).write_text(keys_to_json(self.assembly))
                (grown / "lab" / INSTALLERS).write_text(installers_to_json(self._installers))
                store.publish(grown / "lab", self.key(rung), self._shape())
            self.workbench.published.add(self.key(rung))
        except (HarnessError, ExceptionGroup, OSError) as error:
            self._tell(f"no checkpoint of {rung} is kept: {_reasons(error)}")

    def _adopt(self, keys: str) -> None:
        """Take the keys and secrets that are in the machines of a checkpoint for our own."""
        self.assembly = with_keys(self.assembly, keys)
        self._cluster = self.assembly.stack.cluster(self.topology, self.assembly.secrets, patience=self.patience)
        self.boot_server.publish(boot_files.AUTHORIZED_KEYS, f"{self.assembly.lab_key.public}\n".encode())

    def key(self, rung: Rung) -> str:
        """Return the key under which a checkpoint of a rung is kept."""
        return key(rung, self._shape())

    def _shape(self) -> dict[str, object]:
        """Return everything that shapes what is in the machines."""
        bench = self.workbench
        uefi = ovmf() if self.firmware is Firmware.UEFI else None
        return {
            "topology": self.topology.model_dump(mode="json"),
            "images": {name: image.key for name, image in bench.images.items()},
            "stack": stack_version(self.assembly.stack),
            "firmware": [self.firmware.value, digest([uefi.code, uefi.variables]) if uefi else ""],
            "accelerator": [bench.accelerator.value, processor() if bench.accelerator.value == "kvm" else ""],
            "hypervisor": bench.hypervisor.versions(),
            "network": sorted({type(one).__name__ for one in self._attachments}),
            "code": own_code(),
        }

    def _tell(self, words: str) -> None:
        self.workbench.tell(f"{self.topology.name}: {words}")

    def _close(self) -> None:
        side_by_side(lambda machine: machine.close(), self._machines.values())

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
        attachments = [self.network.attach(one.link, one.card) for one in self._cards[spec.name]]
        self._attachments += attachments
        folder = self.workbench.folder_for(spec.name)
        machine = VirtualMachine(
            spec,
            hypervisor=self.workbench.hypervisor,
            attachments=attachments,
            boot_card=boot_files.boot_card(spec, self.assembly.boot_server.vlan),
            accelerator=self.workbench.accelerator,
            firmware=self.firmware,
            folder=folder,
            evidence=self.evidence,
            memory=self.workbench.memory / folder.name,
            patience=self.patience,
        )
        machine.reach_by(partial(self._session, spec))
        machine.on_power = partial(self._note_power, spec.name)
        return machine

    def _note_power(self, machine: str, what: str) -> None:
        self.note(what, machine)

    def _session(self, spec: MachineSpec, within: timedelta) -> SshSession:
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

    def _system(self, spec: MachineSpec) -> SshHost:
        """Return how a machine's system is reached: its installer, or what is installed."""
        installed = SshHost(str(spec.nics[0].address), self.assembly.host_keys[spec.name].public)
        return self._installers.get(spec.name, installed)

    def _boot_installer(self, machine: VirtualMachine) -> None:
        self._installers[machine.name] = boot_installer(machine, self._deployment(machine))

    def _deploy(self, machine: VirtualMachine, by: Callable[..., None] = deploy) -> None:
        installer = self._installers.pop(machine.name, None)
        by(machine, self._deployment(machine), installer if machine.is_on() else None)

    def _boot_from_disk(self, machine: VirtualMachine) -> None:
        boot_from_disk(machine, self._deployment(machine))

    def _deployment(self, machine: VirtualMachine) -> Deployment:
        plan = self._plan(machine.spec)
        return Deployment(plan, self.assembly.lab_key, self._reacher(machine), self.patience)

    def _plan(self, machine: MachineSpec) -> InstallPlan | OwnPlan:
        stack = self.assembly.stack
        if isinstance(stack, InstallsItself):
            log = self.evidence / "installation" / f"{machine.name}.log"
            return self.assembly.own_plan(machine, stack, folder=self.workbench.folder_for(machine.name), log=log)
        return self.assembly.plan(machine, RootArchive(self.assembly.boot_config.url(boot_files.ROOT)))

    def _wait_for_first_boot(self, machine: VirtualMachine) -> None:
        reach = self._reacher(machine)
        if isinstance(self.assembly.stack, InstallsItself):  # its units owe us no words, so it is asked
            ask_for_health(machine, self.cluster, within=OPERATIONAL_WITHIN)
            reach("healthy")
            return
        for phase, line in FIRST_BOOT.items():
            wait_for_line(machine, phase, line, start=0, within=OPERATIONAL_WITHIN, patience=self.patience)
            reach(phase)

    def _reacher(self, machine: VirtualMachine) -> Callable[[str], None]:
        return partial(self.phases.reach, machine.name)


def ask_for_health(machine: VirtualMachine, cluster: Cluster, *, within: timedelta) -> None:
    """Wait until all health endpoints of a machine answer 200. Raises `LabError` with those that don't."""
    try:
        cluster.wait_until_healthy(within=within, among=[machine.name])
    except NotSeen as late:
        raise machine.failed(f"did not get there: {late}", phase="healthy") from late


def _reasons(error: BaseException) -> str:
    """Return what went wrong, in one line."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(map(_reasons, error.exceptions))
    return str(error).partition("\n")[0]
