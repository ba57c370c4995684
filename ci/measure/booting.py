"""Incidents of network boots whose causes are known: a machine boots over and over from a boot server that fails."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.incident.replay import dialogue_of
from harness.incident.replay.boot_client import BootClient
from harness.incident.reproduction.journald import Journald
from harness.namespace_lab import NamespaceLab
from harness.topology.loader import load
from harness.units import milliseconds
from measure import incidents
from measure.incidents import TOPOLOGIES, Injected

if TYPE_CHECKING:
    from harness.incident.replay import Dialogue
    from harness.workbench import Workbench

BOOT = Path(__file__).parents[2] / "tests/incident/captures/t036-uefi.pcapng"
"""A real boot, which is asked again."""
MACHINE, SERVER = "node01", "pxe"


ANSWERED_WITHIN = 300 * milliseconds
"""How long the machine waits: a fault is known as exactly as somebody asks."""

OF_EACH = {"DHCP": 2, "TFTP": 1, "HTTP": 1}
"""The questions of the boot that are asked, over and over: an address, the beginning of a file, a script."""


class Always:
    """The boot server's host, which is on."""

    def is_on(self) -> bool:
        """Say so."""
        return True


def _in_short() -> Dialogue:
    whole = dialogue_of(BOOT)
    of_each = {
        protocol: [one for one in whole.exchanges if one.question.protocol == protocol][:count]
        for protocol, count in OF_EACH.items()
    }
    return replace(whole, exchanges=tuple(one for some in of_each.values() for one in some))


def make(injected: Injected, bench: Workbench, folder: Path) -> Path:
    """As `measure.incidents.make`, of a machine that boots."""
    topology = load(TOPOLOGIES / "t036.yaml")
    evidence = bench.evidence_for(injected.name)
    target = folder / injected.name
    shutil.rmtree(target, ignore_errors=True)
    (target / "captures").mkdir(parents=True)
    lab = NamespaceLab(topology, bench, evidence)
    with Journald({SERVER: (Always(), evidence / "boot-server")}) as journald, lab:
        lab.switch_on(MACHINE)
        began = time.time_ns()
        points = injected.points(began)
        with BootClient(_in_short(), lab.machines[MACHINE].namespace, "eth0", within=ANSWERED_WITHIN):
            incidents.wait(incidents.LEAD)
            with lab.faults.run(injected.schedule) as run:
                pass
            incidents.wait(incidents.TAIL)
            ended = time.time_ns()
        incidents.write_captures(lab, target, points, began, ended)
        journald.write(target / "journals")
    incidents.write_truth(injected, run.executed, points, (began, ended), folder / f"{injected.name}.truth")
    return target
