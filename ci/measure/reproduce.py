"""From the field and back: what is inferred from incidents whose causes are known, and whether they come back."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from harness import workbench
from harness.errors import HarnessError
from harness.incident.inquiry import inquire
from harness.incident.scenario.writing import scenario
from measure import booting, guests, incidents, plain
from measure.guests import GUESTS
from measure.incidents import Injected
from measure.inferred import Compared, compare, steps_of, told
from measure.plain import PLAIN, Plain
from measure.report import Figure, emit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from harness.incident.diagnosis.telling import Told

INCIDENTS = (
    Injected("isolate", "at 0.3s isolate node02 for 6.2s"),
    Injected("deafen", "at 0.7s deafen node01 node03 for 7.1s"),
    Injected("split-sites", "at 0.4s split a b,c for 7.3s", sites=True),
    Injected("wan-loss", "at 0.6s wan-loss a--b for 8.1s", sites=True),
    Injected("flap", "at 0.2s flap node02 every=1500ms for 9.4s"),
    Injected("delay", "at 0.9s impair node02 delay=80ms jitter=20ms for 9.3s"),
    Injected("loss", "at 0.5s impair node02 loss=20% for 12.6s"),
    Injected("drop-raft", "at 0.8s drop node02 tcp port=2380 for 7.7s"),
    Injected("power-cut", "at 0.3s power-cut node03 for 6.6s"),
    Injected("pause", "at 0.6s pause node02 for 5.3s"),
    Injected("pause-process", "at 0.4s pause-process node01 chainfire for 5.8s"),
    Injected("kill", "at 1.1s kill node02 chainfire"),
    Injected("two-in-sequence", "at 0.3s isolate node03 for 5.2s\nat 11.4s power-cut node02 for 5.5s"),
    Injected("two-at-once", "at 0.5s impair node01 delay=60ms for 10.1s\nat 3.2s kill node03 chainfire"),
    Injected("no-boot-server", "at 0.4s boot-server-down for 6.4s", boots=True),
    Injected("no-addresses", "at 0.6s leases-exhausted for 7.2s", boots=True),
    Injected("tftp-stalled", "at 0.5s tftp-stalled for 8.3s", boots=True),
    Injected("rogue-dhcp", "at 0.7s rogue-dhcp 192.168.100.200 for 6.1s", boots=True),
    Injected("clean-boot", boots=True),
    Injected("clean-idle", rate=0),
    Injected("clean-busy", rate=10),
    *PLAIN,
)
RIGHT, SOON, BACK = 0.9, 500, 0.8
"""Of all faults, so many are right, their times so many milliseconds off at most; so many of the runs show it again."""

VIRTUAL = "vm"
"""What the names of incidents of virtual machines begin with: these are asked for by name only, and take their time."""
RUN_WITHIN = 600
"""How many seconds a scenario has for each of its runs, what comes before and after them included."""


@dataclass
class Tally:
    """What is known of all incidents by now."""

    rounds: int = 1
    steps: int = 0
    right: int = 0
    found: int = 0
    runs: int = 0
    back: int = 0
    began: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)

    def add(self, one: Compared) -> None:
        """Take an incident."""
        self.steps += len(one.pairs)
        self.right += one.right
        self.found += one.right + len(one.invented)
        self.began += one.began
        self.ended += one.ended

    def figures(self) -> Iterator[Figure]:
        """Yield the figures of all of them together, with their goals."""
        off = sorted([*self.began, *self.ended])
        yield _share("faults missed", self.steps - self.right, self.steps, 1 - RIGHT)
        yield _share("faults invented", self.found - self.right, self.found, 1 - RIGHT)
        if off:
            notes = {"median_ms": round(off[len(off) // 2], 1), "times": len(off)}
            yield Figure(
                "reproduce: times off at worst", off[-1], "ms", at_most=SOON, smaller_is_better=True, notes=notes
            )
        if self.runs:
            yield _share("runs without the signature", self.runs - self.back, self.runs, 1 - BACK)


def measure(arguments: Sequence[str]) -> int:
    """Measure incidents whose names have the first argument as a part; those of the folder that is the second, if any.

    Incidents that are not in that folder are made there. The third is how often each is run again, once where it isn't
    given. Returns 0 where every goal is met, 1 where one is not, 2 where there is nothing of that name.
    """
    part, kept, rounds = (*arguments, *("", "", "1")[len(arguments) :])[:3]
    every = GUESTS if part.startswith(VIRTUAL) else INCIDENTS
    chosen = [one for one in every if part in one.name]
    if not chosen or not re.fullmatch("[1-9][0-9]{0,3}", rounds):
        names = ", ".join(one.name for one in every)
        print(f"{part!r} is no part of {names}, or {rounds!r} no number of runs", file=sys.stderr)  # noqa: T201 - said to who called
        return 2
    tally = Tally(int(rounds))
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as name:
        evidence = Path(name)
        folder = Path(kept) if kept else evidence / "incidents"
        make = _maker(evidence, folder)
        for one in chosen:
            there = bool(kept) and (folder / f"{one.name}.truth").exists()
            if there or make(one):
                emit(_figure(one, folder, evidence, tally))
    figures = list(tally.figures())
    for figure in figures:
        emit(figure)
    return 0 if all(figure.met() is not False for figure in figures) else 1


def _maker(evidence: Path, folder: Path) -> Callable[[Injected | Plain], bool]:
    """Return what makes an incident, and says whether it could; the sandbox is entered with the first one."""
    benches: list[workbench.Workbench] = []

    def make(one: Injected | Plain) -> bool:
        if not benches:
            settings = workbench.Settings(evidence=evidence / "labs")
            benches.append(
                workbench.prepare(settings, lambda _: None, virtual=isinstance(one, Injected) and one.virtual)
            )
        try:
            if isinstance(one, Plain):
                plain.make(one, folder)
            else:
                (guests if one.virtual else booting if one.boots else incidents).make(one, benches[0], folder)
        except HarnessError as error:
            print(f"{one.name}: left out: {error}", file=sys.stderr)  # noqa: T201 - said to who called
            return False
        return True

    return make


def _figure(one: Injected | Plain, folder: Path, evidence: Path, tally: Tally) -> Figure:
    """Return what is found of one incident, and how often it comes back."""
    found = inquire(folder / one.name)
    topology = found.record.topology if isinstance(one, Plain) else one.topology()
    steps = steps_of(folder / f"{one.name}.truth", topology)
    compared = compare(steps, found.record, found.diagnosis.findings)
    tally.add(compared)
    notes: dict[str, object] = {
        "injected": [step.fault for step in steps],
        "right": compared.right,
        "found": [told(each) for each in found.diagnosis.findings],
        "began_off_ms": [round(each, 1) for each in compared.began],
        "ended_off_ms": [round(each, 1) for each in compared.ended],
        "signature": found.seen[0][0].name if found.seen else None,
    }
    if found.decided and found.seen:
        runs, back = _replayed(one, found, evidence, tally.rounds)
        tally.runs += runs
        tally.back += back
        notes |= {"runs": runs, "back": back}
    return Figure(f"reproduce: {one.name}: faults invented", len(compared.invented), "faults", notes=notes)


def _replayed(one: Injected | Plain, found: Told, evidence: Path, rounds: int) -> tuple[int, int]:
    """Write the scenario and run it; return how many runs there were, and how many of them show the signature."""
    folder = evidence / "field" / one.name
    scenario(found, one.name, str(folder)).write(folder)
    report = evidence / f"{one.name}.xml"
    command = [sys.executable, "-m", "pytest", "-q", str(folder), f"--rootdir={folder}", f"--lab-runs={rounds}"]
    options = [f"--lab-evidence={evidence}/runs", f"--junitxml={report}", "-p", "no:cacheprovider"]
    options += ["--lab-machines=vm"] if isinstance(one, Injected) and one.virtual and not one.boots else []
    subprocess.run([*command, *options], check=False, stdout=sys.stderr, timeout=RUN_WITHIN * rounds)
    properties = {each.get("name"): each.get("value") for each in ET.parse(report).iter("property")}  # noqa: S314 - pytest has just written it
    return int(properties.get("signature-runs") or rounds), int(properties.get("signature-back") or 0)


def _share(what: str, count: int, of: int, at_most: float) -> Figure:
    share = count / of if of else 0.0
    notes = {"count": count, "of": of}
    return Figure(f"reproduce: {what}", share, "of all", at_most=at_most, smaller_is_better=True, notes=notes)
