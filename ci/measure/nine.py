"""Nine machines like T036's three, put back from a checkpoint: nine installers that run, or a cluster of nine voters.

Their cold start takes three times what T036's takes, and is waited for where there is no checkpoint yet.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measure.checkpoints import COMMON
from measure.report import Figure, emit

MACHINES = 9
ROUNDS = 5
RUNGS = ("installer", "cluster")

TOPOLOGY = """\
name: nine
seed: 9
vlans:
  - name: cluster
    subnet: 192.168.100.0/24
    gateway: 192.168.100.1
    scenario_address: 192.168.100.254
boot_server: {{name: pxe, vlan: cluster, address: 192.168.100.1}}
disk_layout:
  device: /dev/vda
  esp_size: 512 MiB
  esp_mount: /boot
  volume_group: pool
  volumes:
    - {{name: root, size: 16 GiB, filesystem: ext4, mount: /}}
    - {{name: data, filesystem: ext4, mount: /var/lib}}
machines:
{machines}
stack:
  kind: reference
  domain: plasma.local
  vlan: cluster
  bootstrap: [{names}]
  raft: {{heartbeat: 500 ms, election_timeout: 5000 ms, peer_tls: false}}
"""
"""Raft's timers are five times T036's: nine voters emulated on two cores are seconds late, and never elect a leader."""

MACHINE = """\
  - name: node{number:02}
    role: control-plane
    memory: 768 MiB
    disk: 20 GiB
    nics:
      - {{name: eth0, mac: "52:54:00:00:01:{number:02}", vlan: cluster, address: 192.168.100.{address}}}"""

SCENARIO = """
import json

from harness.ladder import Rung

RUNG = Rung({rung!r})
pytestmark = pytest.mark.lab("nine", start=RUNG.value)


def test_restored(lab):
    noted = dict(restored=[], processor=[], blocks=[])
    for _ in range({rounds}):
        noted["restored"].append(clock(lab.start, RUNG))
        noted["processor"].append(processor(lab))
        noted["blocks"].append(blocks(lab))
    Path({output!r}).write_text(json.dumps(noted))
"""


def topology() -> str:
    """Return the topology: nine voters of 768 MiB on one segment."""
    numbers = range(1, MACHINES + 1)
    machines = (MACHINE.format(number=number, address=10 + number) for number in numbers)
    names = (f"node{number:02}" for number in numbers)
    return TOPOLOGY.format(machines="\n".join(machines), names=", ".join(names))


def measure(rung: str, arguments: list[str]) -> int:
    """Put nine machines back on a rung some times, and report the median. Arguments go to pytest.

    Returns pytest's exit status.
    """
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as folder:
        place = Path(folder)
        (place / "topologies").mkdir()
        (place / "topologies/nine.yaml").write_text(topology())
        output = place / "noted.json"
        scenario = SCENARIO.format(rung=rung, rounds=ROUNDS, output=str(output))
        (place / "test_nine.py").write_text(COMMON + scenario)
        command = [
            *(".venv/bin/pytest", "-q", "-c", "pyproject.toml", "-p", "no:cacheprovider", folder),
            *(f"--lab-evidence={folder}/evidence", *arguments),
        ]
        status = subprocess.run(command, check=False, stdout=sys.stderr).returncode
        if status == 0:
            _report(rung, json.loads(output.read_text()))
    return status


def _report(rung: str, noted: dict[str, list[float]]) -> None:
    restored = noted["restored"]
    emulators = {what: statistics.median(noted[what]) for what in ("processor", "blocks")}
    notes = {"runs": len(restored), "worst": max(restored), "emulators": emulators}
    name = f"{MACHINES} machines restored to the rung {rung}, proven"
    emit(Figure(name, statistics.median(restored), "s", at_most=5, smaller_is_better=True, notes=notes))
