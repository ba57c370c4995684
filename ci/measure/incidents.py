"""Incidents whose causes are known: a lab under a schedule, and what the field would have of it."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.clients.load import Load, Plan
from harness.faults import words
from harness.faults.schedule import Schedule
from harness.incident.reproduction import export
from harness.incident.reproduction.export import Clock, Point
from harness.incident.reproduction.journald import Journald
from harness.ladder import Rung
from harness.namespace_lab import NamespaceLab
from harness.sandbox.waiting import NotSeen, wait_until
from harness.topology.loader import load
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from datetime import timedelta

    from harness.faults.runner import Executed
    from harness.lab import Lab
    from harness.topology.model import Topology
    from harness.workbench import Workbench

TOPOLOGIES = Path(__file__).parents[2] / "scenarios/topologies"
SITES = ("node01", "node04", "node07")
"""Of each site the voter: three machines are enough, and all that two cores carry well."""

LEAD, TAIL = 4 * seconds, 5 * seconds
HEALTHY_WITHIN = 30 * seconds
NANO = 10**9


@dataclass(frozen=True)
class Injected:
    """What is done to a lab, and how it is seen. `rate` is that of each client, requests a second; 0 for none.

    `offsets` are those of the clocks of the two captures in seconds, `drifts` in ppm. `virtual` ones are of
    `measure.guests`.
    """

    name: str
    schedule: str = ""
    sites: bool = False
    boots: bool = False
    rate: float = 2.0
    offsets: tuple[float, float] = (3.7, -1.2)
    drifts: tuple[float, float] = (12.0, -7.0)
    virtual: bool = False

    def topology(self) -> Topology:
        """Return the lab's topology."""
        if not self.sites:
            return load(TOPOLOGIES / "t036.yaml")
        whole = load(TOPOLOGIES / "three-sites.yaml")
        return whole.model_copy(update={"machines": tuple(whole.machine(name) for name in SITES)})

    def points(self, now: int) -> Mapping[str, Point]:
        """Return where it is captured: the cables of two machines, the files as names."""
        links = ("node01/eth1", "node04/eth1") if self.sites else ("node01/eth0", "node02/eth0")
        links = ("node01/eth0", "pxe/cluster") if self.boots else links
        clocks = [Clock(int(offset * NANO), ppm, now) for offset, ppm in zip(self.offsets, self.drifts, strict=True)]
        first, second = (Point(link, _interface(link), clock) for link, clock in zip(links, clocks, strict=True))
        return {"captures/first.pcap": first, "captures/second.pcapng": second}


def _interface(link: str) -> str:
    """Return what an operator would call it: a card has its name, and the boot server one card."""
    name = link.partition("/")[2]
    return name if name.startswith("eth") else "eth0"


def make(injected: Injected, bench: Workbench, folder: Path) -> Path:
    """Run a lab under a schedule, and write what the field has into ``FOLDER/NAME``, the truth beside it.

    Returns the incident's folder. Raises `Inconclusive` where a fault did not bite.
    """
    topology = injected.topology()
    evidence = bench.evidence_for(injected.name)
    lab = NamespaceLab(topology, bench, evidence, start=Rung.CLUSTER)
    logs = {name: (machine, evidence / "services" / name) for name, machine in lab.machines.items()}
    target = folder / injected.name
    shutil.rmtree(target, ignore_errors=True)
    (target / "captures").mkdir(parents=True)
    with Journald(logs) as journald, lab:
        began = time.time_ns()
        points = injected.points(began)
        with _load(injected, lab):
            wait(LEAD)
            with lab.faults.run(injected.schedule) as run:
                pass
            wait(TAIL)
            ended = time.time_ns()
            write_captures(lab, target, points, began, ended)
            journald.write(target / "journals")
            export.write_configs(target, topology)
    write_truth(injected, run.executed, points, (began, ended), folder / f"{injected.name}.truth")
    return target


def _load(injected: Injected, lab: NamespaceLab) -> AbstractContextManager[object]:
    if not injected.rate:
        return nullcontext()
    plan = Plan(rate=injected.rate, seed=lab.seed, name=injected.name)
    return Load(lab.cluster, tuple(lab.machines), folder=lab.evidence / "clients", plan=plan)


def wait(span: timedelta) -> None:
    """Let a time pass in which nothing is done."""
    over = time.monotonic() + span.total_seconds()
    try:
        wait_until("the time to pass", lambda: time.monotonic() >= over, within=span + 1 * seconds)
    except NotSeen:  # a host that is that slow has let it pass all the same
        return


def write_captures(
    lab: Lab,
    target: Path,
    points: Mapping[str, Point],
    began: int,
    ended: int,
    *,
    seen: Callable[[bytes], bool] = lambda _: True,
) -> None:
    """Write the captures of the frames that were `seen`: they were started when all was well."""
    lab.network.flush()
    for name, point in points.items():
        first, last = point.clock.shows(began), point.clock.shows(ended)
        passed = export.seen_at(lab.network.captures, point)
        frames = [one for one in passed if first <= one.time <= last and seen(one.data)]
        if name.endswith("ng"):
            export.write_pcapng(target / name, frames, point.interface)
        else:
            export.write_pcap(target / name, frames)


def write_truth(
    injected: Injected,
    executed: list[Executed],
    points: Mapping[str, Point],
    span: tuple[int, int],
    path: Path,
    *,
    ahead: int = 0,
) -> None:
    """Write what was done, and when, beside the incident; `ahead` is how far the machines' clock is, in nanoseconds."""
    steps = [
        {
            "fault": words.describe(one.step.fault),
            "line": words.write(Schedule((one.step,))).rstrip("\n"),
            "injected": one.injected_ns,
            "began": one.in_force_ns,
            "healing": one.healing_ns,
            "ended": one.healed_ns,
            "proof": str(one.proof),
        }
        for one in executed
    ]
    told = {
        "schedule": injected.schedule,
        "steps": steps,
        "began": span[0],
        "ended": span[1],
        "ahead": ahead,
        "clocks": {name: asdict(point) for name, point in points.items()},
    }
    path.write_text(f"{json.dumps(told, indent=1)}\n")
