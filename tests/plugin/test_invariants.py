"""Invariants of a running lab's wire, broken on purpose: two machines claim one address by turns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.kernel

SCENARIO = """
import sys
import pytest
from harness.units import seconds

pytestmark = pytest.mark.lab("three-sites", machines="any")

CLAIM = '''
import socket, sys
mac, own = bytes.fromhex(sys.argv[1].replace(":", "")), socket.inet_aton("10.0.100.50")
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as card:
    card.bind(("eth0", 0))
    claim = bytes.fromhex("0001080006040002") + mac + own + mac + own
    card.send(b"\\\\xff" * 6 + mac + bytes.fromhex("0806") + claim)
'''

def claim(lab, name):
    mac = lab.topology.machine(name).nics[0].mac
    done = lab.machines[name].run([sys.executable, "-c", CLAIM, mac], within=20 * seconds)
    assert done.status == 0, done.stderr

def test_one_owner_is_fine(lab):
    lab.switch_on("node01", "node02")
    claim(lab, "node01")

{mark}
def test_two_are_not(lab):
    for name in ("node02", "node01", "node02"):
        claim(lab, name)

def test_what_was_told_is_not_told_again(lab):
    claim(lab, "node01")
"""


def invariants(folder: Path) -> dict[str, bool | None]:
    (path,) = folder.glob("evidence/2*/*/invariants.json")
    return {one["name"]: one["valid"] for one in json.loads(path.read_text())}


def test_a_scenario_in_which_one_is_broken_fails_and_later_ones_do_not(suite: pytest.Pytester) -> None:
    suite.makepyfile(SCENARIO.replace("{mark}", ""))
    result = suite.runpytest_subprocess("--lab-machines=namespace")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "what has to hold of every cluster was broken on the wire:",
            "one owner per address: does not hold: *10.0.100.50*",
            "capture: */switch.pcapng",
        ]
    )
    known = invariants(suite.path)
    assert known["one owner per address"] is False
    assert known["one leader per term"] is None, "nothing was said of Raft"


def test_a_scenario_that_means_to_break_one_says_so(suite: pytest.Pytester) -> None:
    suite.makepyfile(SCENARIO.replace("{mark}", '@pytest.mark.breaks("one owner per address")'))
    suite.runpytest_subprocess("--lab-machines=namespace").assert_outcomes(passed=3)
