"""What a scenario from the field does with its lab: the schedule, again and again, and a look for the signature.

Each run begins when all is well, and ends when all is well again. What it left lies in the evidence, just as an
incident: ``run-1``, ``run-2``…
"""

from __future__ import annotations

import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from harness.clients.healing import every_member_serves, final_values
from harness.clients.load import Load, Plan
from harness.errors import LabError
from harness.faults import words
from harness.faults.boot import Boots
from harness.incident.replay import dialogue_of
from harness.incident.replay.boot_client import BOOTED_WITHIN, BootClient
from harness.incident.reproduction import keeping, stand_ins
from harness.incident.reproduction.booted_files import lay_out
from harness.incident.reproduction.executing import execute
from harness.incident.reproduction.outcome import Outcome, outcome_of
from harness.incident.signatures import catalogue
from harness.incident.signatures.signature import Sighting, Stage
from harness.machines.namespace import NamespaceMachine, switch_on
from harness.sandbox.waiting import NotSeen
from harness.stacks.powers import Leading
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from harness.faults.scenario import Faults
    from harness.faults.schedule import Schedule
    from harness.incident.record import Record
    from harness.incident.replay import Dialogue
    from harness.incident.reproduction.executing import Executed
    from harness.incident.reproduction.keeping import Captured, Journals
    from harness.incident.signatures.signature import Signature
    from harness.machines.protocol import Machine
    from harness.sandbox.waiting import Patience
    from harness.stacks.protocol import Cluster
    from harness.topology.model import Topology

HEALTHY_WITHIN = 60 * seconds
HEALED_WITHIN = 60 * seconds
WARM_WITHIN = 20 * seconds
RATE = 2.0
"""Requests a second of each client."""


class Lab(Protocol):
    """What is asked of a lab here."""

    topology: Topology
    evidence: Path
    seed: int
    patience: Patience

    @property
    def machines(self) -> Mapping[str, Machine]:
        """Its machines, by name."""

    @property
    def network(self) -> Captured:
        """Its network."""

    @property
    def cluster(self) -> Cluster:
        """Its cluster."""

    @property
    def faults(self) -> Faults:
        """What it is broken with."""


class Reproduction:
    """Runs schedules on a lab as often as was asked for. `tell` is told the outcome."""

    def __init__(self, lab: Lab, journals: Journals, *, runs: int, tell: Callable[[Outcome], None]) -> None:
        self._lab = lab
        self._journals = journals
        self._runs = runs
        self._tell = tell

    def run(
        self,
        schedule: Path,
        signature: str,
        *,
        seen_from: Sequence[str],
        leaders: Mapping[str, str] = MappingProxyType({}),
    ) -> Outcome:
        """Run the schedule of a file on the cluster, under a small load, and look for a signature each time.

        Where the topology has no stack, nobody knows what ran: machines run what is in
        `harness.incident.reproduction.stand_ins` then. `seen_from` are the machines at whose cables frames are looked
        at, as they were in the field. `leaders` are the machines that led when it began, by service; they lead again
        where the stack can choose that. Runs end early where the cluster does not heal. Raises `SpecError` for a file
        that is no schedule, and a name of no signature; and as `Outcome.require` says.
        """
        wanted, steps = catalogue.named(signature), words.read(schedule)
        if self._lab.topology.stack is not None:
            return self._told(signature, lambda number: self._on_cluster(number, steps, wanted, seen_from, leaders))
        return self._told(signature, lambda number: self._on_machines(number, steps, wanted, seen_from))

    def boot(self, schedule: Path, signature: str, *, machine: str, dialogue: Path) -> Outcome:
        """Run the schedule of a file while a machine boots over and over, as it did in a capture.

        The machine is one of namespaces. All is well where it boots to the end. Raises as `run`, and `LabError` for a
        machine of another kind.
        """
        wanted, steps, recorded = catalogue.named(signature), words.read(schedule), dialogue_of(dialogue)
        booting = self._lab.machines[machine]
        if not isinstance(booting, NamespaceMachine):
            raise LabError("only namespace machines boot as they did in a capture", machine=machine)
        if isinstance(self._lab, Boots) and (server := self._lab.boot_server) is not None:
            lay_out(recorded, server.folder)
        return self._told(signature, lambda number: self._on_boot(number, steps, wanted, booting, recorded))

    def _told(self, signature: str, once: Callable[[int], tuple[Sighting, bool]]) -> Outcome:
        outcome = outcome_of(signature, self._runs, once)
        self._tell(outcome)
        outcome.require()
        return outcome

    def _on_cluster(
        self,
        number: int,
        schedule: Schedule,
        signature: Signature,
        seen_from: Sequence[str],
        leaders: Mapping[str, str],
    ) -> tuple[Sighting, bool]:
        lab, plan = self._lab, Plan(rate=RATE, seed=self._lab.seed + number, name=f"run-{number}")
        stack = lab.topology.stack
        members = stack.bootstrap if stack is not None else ()
        lab.cluster.wait_until_healthy(within=HEALTHY_WITHIN)
        if leaders and isinstance(lab.cluster, Leading):
            lab.cluster.lead(leaders)
        with Load(lab.cluster, members, folder=lab.evidence / "clients" / plan.name, plan=plan) as clients:
            clients.wait_for(1, within=WARM_WITHIN)
            executed = execute(lab.faults, schedule)
            heals = self._heals(members, plan.name)
        # A machine that was started anew takes its time, and much shows only then.
        record = self._kept(number, executed._replace(ended=time.time_ns()), seen_from)
        final = final_values(lab.cluster, clients.history) if heals else {}
        return _seen(signature, Stage(record, executed.since, clients.history, final), executed), heals

    def _heals(self, members: Sequence[str], word: str) -> bool:
        """Say whether every member serves again, as it must after a fault."""
        try:
            every_member_serves(self._lab.cluster, members, word, within=HEALED_WITHIN, patience=self._lab.patience)
        except NotSeen:
            return False
        return True

    def _on_machines(
        self, number: int, schedule: Schedule, signature: Signature, seen_from: Sequence[str]
    ) -> tuple[Sighting, bool]:
        lab, machines = self._lab, self._namespaces()
        stand_ins.install(machines, lab.topology, schedule, lab.evidence / "services")
        switch_on(machines.values())
        executed = execute(lab.faults, schedule)
        record = self._kept(number, executed, seen_from)
        return _seen(signature, Stage(record, executed.since), executed), all(one.is_on() for one in machines.values())

    def _namespaces(self) -> dict[str, NamespaceMachine]:
        """Return the machines. Raises `LabError` where they are no namespaces: nothing is installed on others."""
        found = {name: one for name, one in self._lab.machines.items() if isinstance(one, NamespaceMachine)}
        if len(found) < len(self._lab.machines):
            raise LabError("virtual machines run nothing where the topology has no stack: give it one (`stack`)")
        return found

    def _on_boot(
        self, number: int, schedule: Schedule, signature: Signature, machine: NamespaceMachine, recorded: Dialogue
    ) -> tuple[Sighting, bool]:
        machine.on()
        with BootClient(recorded, machine.namespace, machine.cards[0].name) as client:
            client.wait_for_a_boot(BOOTED_WITHIN)
            executed = execute(self._lab.faults, schedule)
            heals = True
            try:
                client.wait_for_a_boot(BOOTED_WITHIN)
            except NotSeen:
                heals = False
        record = self._kept(number, executed, [machine.name])
        return _seen(signature, Stage(record, executed.since), executed), heals

    def _kept(self, number: int, executed: Executed, seen_from: Sequence[str]) -> Record:
        lab, span = self._lab, (executed.began, executed.ended)
        folder = lab.evidence / f"run-{number}"
        return keeping.keep(folder, lab.topology, lab.network, self._journals, seen_from=seen_from, span=span)


def _seen(signature: Signature, stage: Stage, executed: Executed) -> Sighting:
    """Return what a look sees; where a fault did not bite, that says nothing."""
    return Sighting(None, executed.doubt) if executed.doubt else signature.look(stage)
