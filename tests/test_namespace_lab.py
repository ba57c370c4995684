"""A whole lab of namespace machines, in a pytest of its own: its links do what they are told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

TOPOLOGIES = Path(__file__).parents[1] / "scenarios/topologies"

pytestmark = pytest.mark.kernel

SCENARIO = """
import os, signal, sys, time
from pathlib import Path
import pytest
from harness.errors import LabError
from harness.network.hearing import isolate
from harness.sandbox.waiting import wait_until
from harness.units import seconds

pytestmark = pytest.mark.lab("three-sites", machines="any")

ASK = "import socket; s = socket.create_connection(('10.0.100.{}', 7), timeout={}); print(s.recv(9))"
SERVE = '''
import socket
server = socket.create_server(('', 7))
print(flush=True)
while True:
    server.accept()[0].send(b'hello')
'''

@pytest.fixture(scope="module")
def running(lab):
    lab.switch_on("node01", "node02", "node04", "node07")
    server = lab.machines["node01"].start([sys.executable, "-c", SERVE], stdout=-1)
    with server.stdout:
        server.stdout.readline()
        yield lab

def reaches(lab, name, timeout=20):
    asked = lab.machines[name].run([sys.executable, "-c", ASK.format(50, timeout)], within=30 * seconds)
    return asked.status == 0

def is_cut_off(lab, name):
    return not reaches(lab, name, timeout=1)

"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    folder = pytester.mkdir("topologies")
    shutil.copy(TOPOLOGIES / "three-sites.yaml", folder)
    return pytester


def run(suite: pytest.Pytester, body: str, *options: str) -> pytest.RunResult:
    suite.makepyfile(SCENARIO + body)
    return suite.runpytest_subprocess("-ra", *options)


def test_sites_machines_and_hearing_are_cut_and_come_back(suite: pytest.Pytester) -> None:
    result = run(
        suite,
        """
def test_it(running):
    lab = running
    assert all(reaches(lab, name) for name in ("node02", "node04", "node07"))
    lab.links("b").cut()
    assert reaches(lab, "node07")
    assert is_cut_off(lab, "node04")
    lab.links("b").restore()
    assert reaches(lab, "node04")
    lab.links("node01").cut()
    assert is_cut_off(lab, "node02")
    lab.links("node01").restore()
    with lab.deafen(isolate(["c"], ["a", "b", "c"])) as rule:
        assert is_cut_off(lab, "node07")
        assert reaches(lab, "node04")
        assert rule.dropped() > 0
    assert reaches(lab, "node07")

def test_the_seed_is_what_was_asked_for(lab):
    assert lab.seed == 7

def test_what_was_said_is_on_the_wire_once(running):
    lab = running
    assert reaches(lab, "node02")
    frames = lab.frames("provisioning")
    sent = [frame for frame in frames if b"hello" in frame.data]
    assert sent and len({frame.number for frame in sent}) == len(sent)
    assert {frame.link for frame in frames} == {"provisioning"}
    for ask in (lab.frames, lab.wire, lab.wire().on, lab.wire().about):
        with pytest.raises(LabError, match="'provision' is no"):
            ask("provision")
""",
        "--lab-seed=7",
    )
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["three-sites: seed 7 (--lab-seed), * changes to links", "evidence: *"])
    (changes,) = suite.path.glob("evidence/2*/*/changes.jsonl")
    noted = [json.loads(line) for line in changes.read_text().splitlines()]
    assert {change["command"] for change in noted} >= {"impair", "cut", "deafen", "hear"}
    assert {change["arguments"].get("link") for change in noted} >= {"a--b", "b--c", "node01/eth0"}
    assert all(change["time_ns"] > 1_600_000_000_000_000_000 for change in noted)


def test_a_switch_that_dies_ends_the_scenario_at_once_with_its_last_words(suite: pytest.Pytester) -> None:
    result = run(
        suite,
        """
def test_it(running):
    os.kill(running.network.process.pid, signal.SIGKILL)
    began = time.monotonic()
    try:
        wait_until("what never comes", lambda: None, within=60 * seconds)
    finally:
        Path("waited").write_text(str(time.monotonic() - began))

def test_after_it(running):
    raise AssertionError("this can't run any more")
""",
    )
    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.fnmatch_lines(["*the switch ended with status -9*", "*the lab broke before: test_it: *"])
    assert float((suite.path / "waited").read_text()) < 30


def test_one_lab_after_another_starts_from_nothing(suite: pytest.Pytester) -> None:
    body = """
        import socket
        import pytest
        pytestmark = pytest.mark.lab("three-sites", machines="any")
        def test_it(lab):
            assert sorted(name for _, name in socket.if_nameindex()) == ["lab0", "lab1", "lo"]
            server = socket.create_server(("10.0.100.254", 7))
            server.close()
        """
    suite.makepyfile(test_one=body, test_two=body)
    suite.runpytest_subprocess().assert_outcomes(passed=2)


def test_a_scenario_that_needs_guests_is_not_run_without(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest
        pytestmark = pytest.mark.lab("three-sites")
        def test_it(lab): pass
        """
    )
    result = suite.runpytest_subprocess("-ra", "--lab-machines=namespace")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*needs virtual machines*"])


def test_a_scenario_for_either_machines_runs_on_namespaces_where_they_are_asked_for(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest
        from harness.namespace_lab import NamespaceLab
        pytestmark = pytest.mark.lab("three-sites", machines="either")
        def test_it(lab):
            assert isinstance(lab, NamespaceLab)
            assert lab.patience.factor == 1
        """
    )
    suite.runpytest_subprocess("--lab-machines=namespace").assert_outcomes(passed=1)


def test_sites_reach_each_other_by_their_routers_unless_a_line_or_a_rule_keeps_them(suite: pytest.Pytester) -> None:
    result = run(
        suite,
        """
from harness.network.hearing import halves, one_way

def asks(lab, name, whom, timeout=20):
    ask = ASK.replace("10.0.100.{}", whom).format(timeout)
    return lab.machines[name].run([sys.executable, "-c", ask], within=30 * seconds).status == 0

def asks_in_vain(lab, name, whom):
    return not asks(lab, name, whom, timeout=1)

@pytest.fixture(scope="module")
def served(lab):
    lab.switch_on("node01", "node04", "node07")
    server = lab.machines["node04"].start([sys.executable, "-c", SERVE], stdout=-1)
    with server.stdout:
        server.stdout.readline()
        yield lab

def test_it(served):
    lab, b = served, "10.1.200.20"
    assert asks(lab, "node01", b)
    assert asks(lab, "node07", b)
    lab.links("a--b").cut()
    assert asks_in_vain(lab, "node01", b)
    assert asks(lab, "node07", b)
    lab.links("a--b").restore()
    with lab.deafen(halves(["a"], ["b"])) as rule:
        assert asks_in_vain(lab, "node01", b)
        assert asks(lab, "node07", b)
        assert rule.dropped() > 0
    with lab.deafen(one_way(["node01"], ["node04"])):
        assert asks_in_vain(lab, "node01", b)
    assert asks(lab, "node01", b)

def test_the_scenario_reaches_every_site(served):
    import socket
    with socket.create_connection(("10.1.200.20", 7), timeout=5) as asked:
        assert asked.recv(9) == b"hello"
""",
    )
    result.assert_outcomes(passed=2)


CLUSTER = """
import pytest
from harness.stacks.protocol import Unavailable
from harness.units import seconds

pytestmark = pytest.mark.lab("photoncloud", machines="any", start="cluster")
"""


def test_a_cluster_runs_loses_its_leader_and_takes_a_member(suite: pytest.Pytester) -> None:
    text = (TOPOLOGIES / "photoncloud.yaml").read_text()
    head, node04, tail = text.partition("  - name: node04\n")
    joins = head + node04 + tail.replace("    voter: false", "    voter: true", 1) + "  even_voters: true\n"
    (suite.path / "topologies/photoncloud.yaml").write_text(joins)
    suite.makepyfile(
        CLUSTER
        + """
def test_it(lab):
    cluster = lab.cluster
    assert cluster.members().names == ("node01", "node02", "node03")
    cluster.put("motd", "hello")
    assert {cluster.get("motd", via=name) for name in cluster.members().names} == {"hello"}
    assert cluster.iam.verify(cluster.iam.issue(via="node01"), via="node03")

    old = cluster.leader()
    lab.machines[old.name].cut()
    assert cluster.wait_for_leader(outside=[old], within=10 * seconds) != old
    lab.machines[old.name].on()
    cluster.wait_until_healthy(within=10 * seconds, among=["node01", "node02", "node03"])

    lab.install("node04")
    lab.switch_on("node04")
    cluster.wait_until_healthy(within=20 * seconds)
    assert cluster.members().names == ("node01", "node02", "node03", "node04")
    assert cluster.get("motd", via="node04") == "hello"

def test_who_is_a_member_already_is_not_taken_again(lab):
    with pytest.raises(ExceptionGroup) as refused:
        lab.install("node04")
    assert refused.group_contains(Unavailable, match="is a member of chainfire that has run before as node04")
"""
    )
    suite.runpytest_subprocess("--lab-machines=namespace").assert_outcomes(passed=2)


def test_a_topology_without_a_stack_has_no_cluster(suite: pytest.Pytester) -> None:
    text = (TOPOLOGIES / "photoncloud.yaml").read_text()
    (suite.path / "topologies/photoncloud.yaml").write_text(text.partition("stack:\n")[0])
    suite.makepyfile(f"{CLUSTER}def test_it(lab): pass")
    result = suite.runpytest_subprocess("--lab-machines=namespace")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["the topology photoncloud has no stack, so it has no cluster"])


AFTERWARDS = """
import pytest
pytestmark = pytest.mark.lab("t036", machines="namespace", start="installed")

def test_nothing_is_left_of_the_lab_before(lab):
    mounts = [line for line in open("/proc/self/mounts") if line.startswith("harness-data ")]
    assert len(mounts) == len(lab.founders) == 3
    {end}
"""


def test_a_lab_gives_back_the_memory_of_its_machines_data(suite: pytest.Pytester) -> None:
    shutil.copy(TOPOLOGIES / "t036.yaml", suite.path / "topologies")
    suite.makepyfile(test_a=AFTERWARDS.format(end=""), test_b=AFTERWARDS.format(end=""))
    suite.runpytest_subprocess("-ra").assert_outcomes(passed=2)


def test_a_lab_whose_evidence_can_t_be_written_is_taken_down_all_the_same(suite: pytest.Pytester) -> None:
    shutil.copy(TOPOLOGIES / "t036.yaml", suite.path / "topologies")
    lost = AFTERWARDS.format(end="(lab.evidence / 'changes.jsonl').mkdir()")
    suite.makepyfile(test_a=lost, test_b=AFTERWARDS.format(end=""))
    suite.runpytest_subprocess("-ra").assert_outcomes(passed=2, errors=1)
