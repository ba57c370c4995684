"""Runs an incident's schedule on a lab, again and again, and says how often its signature came back."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from harness.clients.healing import every_member_serves, final_values
from harness.clients.load import Load, Plan
from harness.errors import Inconclusive, ScenarioFailure
from harness.faults import words
from harness.incident import keeping, signatures
from harness.incident.inquiry import ONSET
from harness.incident.signature import Sighting, Stage
from harness.sandbox.waiting import NotSeen, wait_until
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta
    from pathlib import Path

    from harness.faults.scenario import Faults
    from harness.faults.schedule import Schedule
    from harness.incident.journald import Journald
    from harness.incident.keeping import Captured
    from harness.incident.signature import Signature
    from harness.sandbox.waiting import Patience
    from harness.stacks.protocol import Cluster
    from harness.topology.model import Topology

HEALTHY_WITHIN = 60 * seconds
HEALED_WITHIN = 60 * seconds
WARM_WITHIN = 20 * seconds
TAIL = 5 * seconds
"""How long is looked on after the last fault: much shows when those that were parted hear each other again."""

RATE = 2.0
"""Requests a second of each client."""


class Lab(Protocol):
    """What is asked of a lab here."""

    topology: Topology
    evidence: Path
    seed: int
    patience: Patience

    @property
    def network(self) -> Captured:
        """Its network."""

    @property
    def cluster(self) -> Cluster:
        """Its cluster."""

    @property
    def faults(self) -> Faults:
        """What it is broken with."""


@dataclass(frozen=True)
class Outcome:
    """How often a signature came back: in `back` of `runs`; `unknown` ones say nothing, `healed` were well afterwards.

    `told` has a line for each run.
    """

    signature: str
    runs: int
    back: int
    unknown: int
    healed: int
    told: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        known = f", {self.unknown} unknown" if self.unknown else ""
        healed = "" if self.healed == self.runs else f"; the cluster healed after {self.healed}"
        return f"{self.signature!r} came back in {self.back} of {self.runs} runs{known}{healed}"

    def properties(self) -> Mapping[str, str]:
        """Return it as JUnit has it."""
        return {"signature": self.signature, "signature-runs": str(self.runs), "signature-back": str(self.back)}

    def require(self) -> None:
        """Raise `ScenarioFailure` where it never came back, `Inconclusive` where that is not known of any run."""
        if self.back:
            return
        if self.unknown:
            raise Inconclusive(f"the signature {self.signature!r} comes back", list(self.told))
        raise ScenarioFailure(f"the signature {self.signature!r} to come back", seen="\n".join(self.told))


class Reproduction:
    """What a scenario from the field does: each run from a healthy cluster to one that is healed.

    What each run left lies in the evidence, just as an incident: ``run-1``, ``run-2``…
    """

    def __init__(self, lab: Lab, journald: Journald, *, runs: int, tell: Callable[[Outcome], None]) -> None:
        self._lab = lab
        self._journald = journald
        self._runs = runs
        self._tell = tell

    def run(self, schedule: Path, signature: str, *, seen_from: Sequence[str]) -> Outcome:
        """Run the schedule of a file as often as was asked for, and look for a signature each time.

        `seen_from` are the machines at whose cables frames are looked at, as they were in the field. Runs end early
        where the cluster does not heal. Raises `SpecError` for a file that is no schedule, and a name of no signature;
        and as `Outcome.require` says.
        """
        wanted, steps = signatures.named(signature), words.read(schedule)
        told: list[str] = []
        seen: list[bool | None] = []
        healed = 0
        for number in range(1, self._runs + 1):
            sighting, heals = self._once(number, steps, wanted, seen_from)
            seen.append(sighting.appeared)
            told.append(f"run {number}: {sighting.because}{'' if heals else '; the cluster did not heal'}")
            healed += heals
            if not heals:
                break
        outcome = Outcome(signature, len(seen), seen.count(True), seen.count(None), healed, tuple(told))
        self._tell(outcome)
        outcome.require()
        return outcome

    def _once(
        self, number: int, schedule: Schedule, signature: Signature, seen_from: Sequence[str]
    ) -> tuple[Sighting, bool]:
        """Run the schedule once; return what was seen of the signature, and whether the cluster healed after it."""
        lab = self._lab
        members = self._members()
        lab.cluster.wait_until_healthy(within=HEALTHY_WITHIN)
        began = time.time_ns()
        plan = Plan(rate=RATE, seed=lab.seed + number, name=f"run-{number}")
        doubt = None
        with Load(lab.cluster, members, folder=lab.evidence / "clients" / plan.name, plan=plan) as clients:
            clients.wait_for(1, within=WARM_WITHIN)
            try:
                with lab.faults.run(schedule) as executed:
                    pass
            except Inconclusive as error:
                doubt = str(error)
            since = min((one.injected_ns for one in executed.executed), default=began) - ONSET
            _pass(TAIL)
            span = (began, time.time_ns())
            heals = self._heals(members, plan.name)
        record = keeping.keep(
            lab.evidence / f"run-{number}", lab.topology, lab.network, self._journald, seen_from=seen_from, span=span
        )
        if doubt is not None:
            return Sighting(None, doubt), heals
        final = final_values(lab.cluster, clients.history) if heals else {}
        return signature.look(Stage(record, since, clients.history, final)), heals

    def _members(self) -> tuple[str, ...]:
        stack = self._lab.topology.stack
        return stack.bootstrap if stack is not None else ()

    def _heals(self, members: Sequence[str], word: str) -> bool:
        """Say whether every member serves again, as it must after a fault."""
        try:
            every_member_serves(self._lab.cluster, members, word, within=HEALED_WITHIN, patience=self._lab.patience)
        except NotSeen:
            return False
        return True


def _pass(span: timedelta) -> None:
    """Look on for a while."""
    over = time.monotonic() + span.total_seconds()
    wait_until("the time to pass", lambda: time.monotonic() >= over, within=span + 5 * seconds)
