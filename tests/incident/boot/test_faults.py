"""A real boot server that fails in every way, asked by a machine all the while: what its frames alone tell of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness.faults.words import describe
from harness.incident.boot import faults as boot_faults
from harness.incident.files.folder import open_incident
from harness.incident.reading import record_of
from harness.incident.record import Record
from tests.incident.dialogues import Dialogue
from tests.incident.records import SECOND, record

ROOT = Path(__file__).parents[3]
TOPOLOGY = ROOT / "scenarios/topologies/three-sites.yaml"
FAULTS = {
    "boot-server-down": 0.6,
    "tftp-stalled": 0.6,
    "http-stalled": 2.3,
    "leases-exhausted": 0.6,
    "rogue-dhcp 10.0.100.210": 0.6,
}
"""Each with the seconds for which it is in force: an answer that comes within two may just be slow."""
WITHIN = 0.5
SCENARIO = """
import json, sys, time
sys.path.insert(0, {root!r})
import pytest
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
from harness.faults.words import fault_of
from harness.provisioning import probes
from tests.provisioning import dhcp

pytestmark = [pytest.mark.lab("three-sites", machines="any"), pytest.mark.breaks("one DHCP server per segment")]
SERVER, MAC = IPv4Address("10.0.100.10"), "52:54:00:00:00:01"

def test_all(lab, monkeypatch):
    monkeypatch.setattr(probes, "LIMIT", timedelta(milliseconds=100))
    lab.switch_on("node01")
    inside = lab.machines["node01"].namespace.run

    def ask(lasts):
        until, rounds = time.monotonic() + lasts, 0
        while time.monotonic() < until or rounds < 3:
            rounds += 1
            inside(lambda: dhcp.ask("eth0", MAC, dhcp.firmware(7), patience=0.1))
            inside(lambda: probes.tftp_answers(SERVER, "ipxe.efi"))
            inside(lambda: probes.http_answers(SERVER, 80, "boot.ipxe"))
            time.sleep(0.02)

    truth = []
    ask(0.2)
    for words, lasts in {faults!r}.items():
        with lab.faults.inject(fault_of(words.split())):
            began = time.time_ns()
            ask(lasts)
            ended = time.time_ns()
        truth.append((words, began, ended, time.time_ns()))
        ask(0.2)
    lab.capture(Path({out!r}) / "boot.pcapng")
    (Path({out!r}) / "truth").write_text(json.dumps(truth))
"""


@pytest.mark.kernel
def test_every_way_in_which_a_real_boot_server_fails_is_found(pytester: pytest.Pytester, tmp_path: Path) -> None:
    shutil.copy(TOPOLOGY, pytester.mkdir("topologies"))
    shutil.copy(TOPOLOGY, tmp_path)
    filled = {"{root!r}": str(ROOT), "{faults!r}": FAULTS, "{out!r}": str(tmp_path)}
    text = SCENARIO
    for name, value in filled.items():
        text = text.replace(name, repr(value))
    pytester.makepyfile(text)
    pytester.runpytest_subprocess("-ra").assert_outcomes(passed=1)
    found = boot_faults.find(record_of(open_incident(tmp_path)))
    assert [describe(one.fault) for one in found] == list(FAULTS)
    for one, (_, began, ended, healed) in zip(found, json.loads((tmp_path / "truth").read_text()), strict=True):
        assert one.ended is not None
        assert (one.began - began) / SECOND == pytest.approx(0, abs=WITHIN)
        assert ended - WITHIN * SECOND < one.ended < healed + WITHIN * SECOND


def test_findings_and_observations_come_by_time() -> None:
    said = Dialogue().lease(1, 1).searches(50, 52, 56).lease(60, 2)
    for place in range(3):
        said.http(20 + place, None, port=51000 + place)
    found = boot_faults.find(said.http(30, 30.1, "/none", 404).record())
    assert [one.fault.word for one in found] == ["http-stalled", "boot-server-down"]


def test_where_nobody_boots_nothing_is_found() -> None:
    nothing: Record = record()
    assert (boot_faults.find(nothing), boot_faults.observe(nothing)) == ([], [])
