"""Namespace machines: a network namespace with cards, in milliseconds; its machine room is the host's own kernel.

They run the host's programs on the host's files. They have no firmware, no disk, no clock and no memory of their own,
so there is no `Reset`; whoever needs these asks for a virtual machine.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from harness.capture.notes import Note
from harness.errors import LabError
from harness.machines import proc
from harness.machines.commands import Completed, tail
from harness.machines.data_tmpfs import DataTmpfs
from harness.network.router import use_gateways
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import HEALTHY, NotSeen, Patience, gone, wait_until
from harness.units import milliseconds, seconds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from harness.machines.services import Services
    from harness.network.protocol import Network
    from harness.network.wiring import Card
    from harness.topology.gateways import Gateway
    from harness.topology.model import MachineSpec

DIES_WITHIN = 5 * seconds
"""How long the kernel may take to end a process that was killed."""

STOPS_WITHIN = 5 * seconds
"""How long the kernel may take to stop a process that was told to."""

SETTLED_WITHIN = 1 * seconds
"""How long machines that are switched on later wait for the services of an earlier one."""


class NamespaceMachine:
    """A machine that is a network namespace. It can `PowerCut`, `Pause`, `Kill`, `Processes` and `ServiceControl`.

    Where its data have a file system of their own, it is a `DataDisk`, too. Its links are named ``MACHINE/CARD``, and
    something is plugged into them while it is on.
    """

    def __init__(
        self,
        spec: MachineSpec,
        cards: Sequence[Card],
        *,
        network: Network,
        gateways: Sequence[Gateway] = (),
        patience: Patience = HEALTHY,
    ) -> None:
        self.spec = spec
        self.cards = tuple(cards)
        self.gateways = tuple(gateways)
        self.network = network
        self._patience = patience
        self._namespace: NetworkNamespace | None = None
        self._services: Services | None = None
        self._data: DataTmpfs | None = None
        self._children: list[subprocess.Popen[bytes]] = []

    @property
    def name(self) -> str:
        """The machine's name in the topology."""
        return self.spec.name

    @property
    def namespace(self) -> NetworkNamespace:
        """The namespace that the machine is. Raises `LabError` where the machine is off."""
        if self._namespace is None:
            raise LabError("is off", machine=self.name)
        return self._namespace

    def install(self, services: Services, data: Path | None = None) -> None:
        """Have services start with the machine from now on; `data` is the tmpfs of its own that their data are on."""
        self._services = services
        self._data = DataTmpfs(data) if data is not None else None

    @property
    def services(self) -> tuple[str, ...]:
        """The names of the services that start with the machine."""
        return self._services.names if self._services else ()

    def ended(self) -> list[str]:
        """Return, in words, its services that ended and should not have."""
        return self._services.ended() if self._services is not None else []

    def prepared(self) -> bool:
        """Say whether its services that run once, to prepare others, have ended well."""
        return self._services is None or self._services.done()

    def on(self) -> None:
        """Make the namespace and its interfaces and plug them in. Does nothing where the machine is on.

        Raises `HostError` where TAP devices can't be made.
        """
        switch_on([self])

    def off(self, *, within: timedelta) -> None:
        """Ask its processes to end (SIGTERM), wait until they have, and unplug. Raises `NotSeen` where they don't."""
        if self._namespace is None:
            return
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)
        gone(
            f"{self.name}'s processes",
            self.processes,
            within=within,
            patience=self._patience,
            interval=10 * milliseconds,
        )
        switch_off([self])

    def cut(self) -> None:
        """Kill its processes without a word and unplug. What they had written stays: the disk is the host's."""
        switch_off([self])

    def pause(self) -> None:
        """Stop all its processes (SIGSTOP). Its kernel is the host's and still answers ARP and TCP's keep-alives.

        Returns when they stand still; whether one does not, all the same, says `stands_still`.
        """
        stopped: set[int] = set()
        while fresh := set(self.processes()) - stopped:  # those that were forked meanwhile, too
            for pid in fresh:
                proc.send(pid, signal.SIGSTOP)
            stopped |= fresh
        with contextlib.suppress(NotSeen):  # a process stops when it is its turn, which a busy host makes it wait for
            wait_until(
                "its processes to stop",
                lambda: self.stands_still() is not False,
                within=STOPS_WITHIN,
                interval=1 * milliseconds,
            )
        self.note("pause")

    def resume(self) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT)
        self.note("resume")

    def stands_still(self) -> bool | None:
        """Say whether every process on it is stopped; None where there is none."""
        there = self.processes()
        return all(map(proc.stands_still, there)) if there else None

    def kill(self, process: str) -> int:
        """Send SIGKILL to every process of that name; return how many there were."""
        killed = sum(proc.send(pid, signal.SIGKILL) for pid in self._programs(process))
        self.note("kill", f"{killed} of {process}")
        return killed

    def find_processes(self, name: str) -> list[int]:
        """Return the processes of a service of that name, or else of every program of that name."""
        if self._services is not None and name in self._services.names:
            return self._services.processes(name, self)
        return self._programs(name)

    def send_signal(self, processes: Collection[int], number: int) -> None:
        """Send a signal to processes of this machine; those that have ended are left out."""
        for pid in set(processes) & set(self.processes()):
            proc.send(pid, signal.Signals(number))

    def process_states(self, processes: Collection[int]) -> dict[int, str]:
        """Return the state of each process that is there, as proc(5) writes it."""
        states = {pid: proc.state_of(pid) for pid in processes}
        return {pid: state for pid, state in states.items() if state}

    def stop_service(self, name: str) -> None:
        """Stop a service. Raises `LabError` where there is none of that name."""
        self._installed(name).stop(name, self)

    def start_service(self, name: str) -> None:
        """Start a service, which is stopped. Raises as `stop_service`."""
        self._installed(name).start(self, name)

    def fill_disk(self) -> None:
        """Leave no room for data. Raises `LabError` where they have no file system of their own."""
        self._data_tmpfs.fill()

    def free_disk(self) -> None:
        """Give back the room that `fill_disk` took."""
        self._data_tmpfs.free()

    def try_write(self) -> str:
        """Write a little to the data's file system and sync; return what the system has against that."""
        return self._data_tmpfs.try_write()

    def is_on(self) -> bool:
        """Say whether the machine is on."""
        return self._namespace is not None

    def start(self, command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401 - Popen's own
        """Start a program on the machine and don't wait for it. Takes the options of `subprocess.Popen`.

        Raises `LabError` where the machine is off or there is no such program.
        """
        try:
            child = self.namespace.popen(command, **options)
        except OSError as error:
            raise LabError(f"could not start {command[0]}: {error.strerror}", machine=self.name) from error
        self._children = [one for one in self._children if one.poll() is None]
        self._children.append(child)
        return child

    def run(self, command: Sequence[str], *, within: timedelta) -> Completed:
        """Run a program on the machine and return what it printed and its exit status.

        What it leaves running in its session ends with it. Raises `LabError` where the machine is off, where there is
        no such program, and where it takes too long, with the end of what it printed.
        """
        pipe = subprocess.PIPE
        bound = self._patience.stretch(within).total_seconds()
        started = time.monotonic()
        with self.start(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, start_new_session=True) as child:
            try:
                output, errors = child.communicate(timeout=bound)
            except subprocess.TimeoutExpired as late:
                said = tail(late.stdout or b"", late.stderr or b"")
                what = f"{command[0]} did not end within {bound:.1f} s"
                raise LabError(what, machine=self.name, console=said) from late
            finally:  # what it has started may hold its outputs open, and would be waited for
                proc.send_group(child.pid, signal.SIGKILL)
        took = timedelta(seconds=time.monotonic() - started)
        return Completed(tuple(command), child.returncode, output, errors, took)

    def processes(self) -> list[int]:
        """Return the identifiers of all processes on the machine, whoever started them."""
        return proc.within([self.namespace])

    def links(self) -> list[str]:
        """Return the names of the links of all its cards."""
        return [self.link(card.name) for card in self.cards]

    def link(self, card: str) -> str:
        """Return the name of a card's link."""
        return f"{self.name}/{card}"

    @property
    def _data_tmpfs(self) -> DataTmpfs:
        if self._data is None:
            raise LabError("its data have no file system of their own", machine=self.name)
        return self._data

    def _installed(self, name: str) -> Services:
        if self._services is None:
            raise LabError(f"has no service {name!r}: nothing is installed on it", machine=self.name)
        return self._services

    def _programs(self, name: str) -> list[int]:
        """Return the programs of that name, but for those that only start services: they stand for an init system."""
        found = [pid for pid in self.processes() if proc.name_of(pid) == name[: proc.LONGEST_NAME]]
        return [pid for pid in found if self._services is None or not self._services.supervises(pid)]

    def _signal(self, number: signal.Signals) -> None:
        for pid in self.processes():
            proc.send(pid, number)

    def note(self, what: str, details: str = "") -> None:
        """Have the capture say what was done to the machine just now."""
        self.network.note(Note(what, (self.name,), details))

    def make(self) -> None:
        """Make the namespace and plug its cards in. For `switch_on`."""
        self._namespace = NetworkNamespace.create()
        with contextlib.ExitStack() as undo:
            undo.callback(self.let_go)
            self.network.wire(self._namespace, {self.link(card.name): card for card in self.cards})
            undo.callback(self.network.unplug, self.links())
            if self.gateways:
                self._namespace.run(lambda: use_gateways(self.gateways))
            undo.pop_all()

    def boot(self) -> None:
        """Start its services, and give them a moment to settle. For `switch_on`."""
        if self._services is not None:
            self._services.start(self)
            self._services.settle(within=SETTLED_WITHIN)

    def let_go(self) -> None:
        """Let the namespace go, with all that is in it. For `switch_on` and `switch_off`."""
        for child in self._children:
            child.wait(DIES_WITHIN.total_seconds())
        self._children.clear()
        if self._namespace is not None:
            self._namespace.close()
            self._namespace = None


def switch_on(machines: Iterable[NamespaceMachine]) -> None:
    """Switch machines on, and start their services when all of them are wired. Those that are on stay as they are.

    Raises `HostError` where interfaces can't be made; those machines that were off are off again, then.
    """
    were_off = [machine for machine in machines if not machine.is_on()]
    with contextlib.ExitStack() as undo:
        for machine in were_off:
            machine.make()
            undo.callback(switch_off, [machine])
            machine.note("power on")
        for machine in were_off:
            machine.boot()
        undo.pop_all()


def switch_off(machines: Iterable[NamespaceMachine]) -> None:
    """Kill all processes of machines, unplug all their cards at once, and let their namespaces go."""
    running = [machine for machine in machines if machine.is_on()]

    def killed() -> list[int]:
        """Kill what is there, at each look: what is killed may just have forked."""
        return [one for one in proc.within(m.namespace for m in running) if proc.send(one, signal.SIGKILL)]

    gone("the machines' processes", killed, within=DIES_WITHIN, interval=1 * milliseconds)
    try:
        for network in {machine.network for machine in running}:
            network.unplug([link for machine in running if machine.network is network for link in machine.links()])
        for machine in running:
            machine.note("power off")
    finally:
        for machine in running:
            machine.let_go()
