"""Incidents of virtual machines whose causes are known: guests under a schedule, and what the field would have of them.

Their journals are systemd's own, fetched from them when all is over; what the harness did over SSH is in none of it.
"""

from __future__ import annotations

import json
import shutil
import statistics
import time
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from harness.clients.load import Load, Plan
from harness.errors import LabError
from harness.faults.power import PowerCut
from harness.incident.reproduction import export
from harness.incident.reproduction.fetched_journals import FetchedJournals
from harness.incident.scenario.topology_file import text_of
from harness.ladder import Rung
from harness.sandbox.waiting import wait_until
from harness.trace.display import Silent
from harness.units import minutes, seconds
from harness.virtual_lab import VirtualLab
from measure import incidents
from measure.incidents import LEAD, NANO, TAIL, Injected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from harness.faults.runner import Executed
    from harness.machines.virtual import VirtualMachine
    from harness.workbench import Workbench

on_guests = partial(Injected, rate=1.0, virtual=True)
CLEAN, IN_ORDER, NO_OFFER = "vm-clean", "vm-reboot", "vm-no-offer"

GUESTS = (
    on_guests("vm-clock-forward", "at 0.5s clock-jump node02 40s for 8.4s"),
    on_guests("vm-clock-back", "at 0.7s clock-jump node03 25s way=back for 8.1s"),
    on_guests("vm-clock-drift", "at 0.6s clock-drift node02 ppm=60000 for 14s"),
    on_guests("vm-power-cut", "at 0.4s power-cut node03 for 6.3s"),
    on_guests("vm-reset", "at 0.8s reset node02"),
    on_guests("vm-pause", "at 0.5s pause node02 for 5.7s"),
    on_guests("vm-disk-stall", "at 0.6s disk-stall node02 for 9.2s"),
    on_guests("vm-disk-slow", "at 0.3s disk-slow node03 requests=2 for 17s", rate=2.0),
    on_guests("vm-disk-full", "at 0.5s disk-full node02 for 25s", rate=4.0),
    on_guests("vm-disk-read-only", "at 0.4s disk-read-only node03 for 8s"),
    on_guests("vm-kill", "at 0.9s kill node02 chainfire"),
    on_guests("vm-pause-process", "at 0.5s pause-process node01 chainfire for 6.4s"),
    on_guests("vm-memory", "at 0.6s memory-pressure node02 share=98% for 25s"),
    on_guests("vm-pull", "at 0.4s pull node02 for 6.6s"),
    on_guests(NO_OFFER, "at 0s boot-server-down for 45s", boots=True),
    on_guests(IN_ORDER),
    on_guests(CLEAN),
)
BEFORE = 300 * NANO
"""Nanoseconds before the incident from which on journals are asked for, as docs/field-failures.md says."""
BACK_WITHIN = 2 * minutes
"""Until a machine that was started anew serves again."""
REBOOT = ["systemd-run", "--on-active=1", "systemctl", "reboot"]
ANSWERED_WITHIN = 5 * seconds
LOOKS = 5
"""How often a clock is read: the quickest answer is the most exact."""
MICRO = 10**6
BOOT_ID = "/proc/sys/kernel/random/boot_id"
IPV4, TCP, UDP = b"\x08\x00", 6, 17
SSH, DHCP_SERVER = (22).to_bytes(2, "big"), (67).to_bytes(2, "big")


class Now(NamedTuple):
    """A moment of a machine: in which boot, and how many microseconds after its start."""

    boot: str
    up: int


def make(injected: Injected, bench: Workbench, folder: Path) -> Path:
    """As `measure.incidents.make`, of a lab of virtual machines that starts from its checkpoint."""
    topology, boots = injected.topology(), injected.boots
    target = folder / injected.name
    shutil.rmtree(target, ignore_errors=True)
    (target / "captures").mkdir(parents=True)
    start = Rung.OFF if boots else Rung.CLUSTER
    with VirtualLab(topology, bench, bench.evidence_for(injected.name), Silent(), start=start) as lab:
        # Without journals and HTTP, the first capture's clock is all that there is.
        ahead = round(injected.offsets[0] * NANO) if boots else _synchronized(lab)
        since = {} if boots else {name: _now(machine) for name, machine in lab.machines.items()}
        began = time.time_ns()
        points = injected.points(began)
        with nullcontext() if boots else _load(injected, lab):
            incidents.wait(LEAD)
            with lab.faults.run(injected.schedule) as run:
                MEANWHILE.get(injected.name, _nothing)(lab)
            incidents.wait(TAIL)
            if not boots:
                lab.cluster.wait_until_healthy(within=BACK_WITHIN)
                executed = [_until_the_kernel(one, lab) for one in run.executed]
        ended = time.time_ns()
        incidents.write_captures(lab, target, points, began, ended, seen=is_of_the_field)
        if not boots:
            FetchedJournals(lab.machines.values()).write(target / "journals", since=began + ahead - BEFORE)
            for name, now in since.items():
                keep_what_the_field_has(target / "journals" / f"{name}.json", now)
            export.write_configs(target, topology)
            # With a topology of the field's own, the scenario starts from this one's checkpoint.
            (target / "topology.yaml").write_text(text_of(topology), encoding="utf-8")
        if boots:
            executed = [replace(one, in_force_ns=_first_asked(lab)) for one in run.executed]
    truth = folder / f"{injected.name}.truth"
    incidents.write_truth(injected, executed, points, (began, ended), truth, ahead=ahead)
    return target


def _load(injected: Injected, lab: VirtualLab) -> AbstractContextManager[object]:
    plan = Plan(rate=injected.rate, seed=lab.seed, name=injected.name)
    folder = lab.evidence / "clients"
    return Load(lab.cluster, tuple(lab.machines), folder=folder, plan=plan, patience=lab.patience)


def _synchronized(lab: VirtualLab) -> int:
    """Set the machines' clocks, as NTP keeps those of the field; return how far ahead they are then, in nanoseconds."""

    def behind(machine: VirtualMachine) -> timedelta:
        return min(machine.keeper.advance(timedelta(0), within=ANSWERED_WITHIN).behind for _ in range(LOOKS))

    machines = lab.machines.values()
    for machine in machines:
        machine.keeper.advance(behind(machine), within=ANSWERED_WITHIN)
    return -round(statistics.median(behind(machine).total_seconds() for machine in machines) * NANO)


def _now(machine: VirtualMachine) -> Now:
    """Return in which boot a machine is, and how long it has been."""
    boot, up = machine.run(["cat", BOOT_ID, "/proc/uptime"], within=20 * seconds).text.split()[:2]
    return Now(boot.replace("-", ""), round(float(up) * MICRO))


def _until_the_kernel(one: Executed, lab: VirtualLab) -> Executed:
    """Return a step whose machine was without power until its kernel started: what firmware takes, nobody sees."""
    if not isinstance(one.step.fault, PowerCut) or one.healed_ns is None:
        return one
    up = min(_now(lab.machines[name]).up for name in one.step.fault.machines)
    return replace(one, healed_ns=max(one.healed_ns, time.time_ns() - up * NANO // MICRO))


def _first_asked(lab: VirtualLab) -> int:
    """Return when somebody first asked a DHCP server: a server that is asked by nobody is missed by nobody.

    Raises `LabError` where nobody did.
    """
    frames = (one for one in lab.frames() if one.data[12:14] == IPV4 and one.data[23] == UDP)
    asked = next((one.time for one in frames if one.data[36:38] == DHCP_SERVER), None)
    if asked is None:
        raise LabError("nobody has asked for an address yet")
    return asked


def is_of_the_field(data: bytes) -> bool:
    """Whether docs/field-failures.md has a frame captured: all but SSH."""
    return not (data[12:14] == IPV4 and data[23] == TCP and SSH in (data[34:36], data[36:38]))


def keep_what_the_field_has(journal: Path, since: Now) -> None:
    """Leave out what a machine said before the incident, and what SSH's server says of the harness."""
    lines = [(json.loads(line), line) for line in journal.read_text().splitlines(keepends=True)]
    journal.write_text("".join(line for fields, line in lines if not _is_ours(fields, since)))


def _is_ours(fields: Mapping[str, str], since: Now) -> bool:
    early = fields["_BOOT_ID"] == since.boot and int(fields["__MONOTONIC_TIMESTAMP"]) < since.up
    return early or fields.get("SYSLOG_IDENTIFIER") == "sshd"


def _nothing(_: VirtualLab) -> None:
    """Do nothing but what the schedule says."""


def _reboot(lab: VirtualLab) -> None:
    """Restart a machine in good order, and wait until it is back."""
    machine = lab.machines["node02"]

    def boot() -> str:
        try:
            return machine.run(["cat", BOOT_ID], within=5 * seconds).text
        except LabError:
            return ""

    before = boot()
    machine.run(REBOOT, within=20 * seconds)
    wait_until("another boot", lambda: boot() not in ("", before), within=BACK_WITHIN, patience=lab.patience)


def _boot_in_vain(lab: VirtualLab) -> None:
    """Switch on a machine with a blank disk, which boots from the network."""
    lab.switch_on("node01")


MEANWHILE: Mapping[str, Callable[[VirtualLab], None]] = {IN_ORDER: _reboot, NO_OFFER: _boot_in_vain}
"""What is done beside the schedule."""
