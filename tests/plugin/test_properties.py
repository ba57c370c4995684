from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from pytest import ExitCode  # noqa: PT013

from harness.errors import Inconclusive
from harness.plugin import properties
from harness.trace.phases import PhaseLog

SUITE = """
import pytest
from harness.errors import Inconclusive
pytestmark = pytest.mark.lab("three-sites", machines="any")

def test_passes(lab): pass
def test_is_undecided(lab): raise Inconclusive("a leader", ["frames were lost"])
def test_fails(lab): raise KeyError("green")
def test_is_skipped(lab): pytest.skip("not today")
def test_without_a_lab(): pass
@pytest.fixture
def spoiled():
    yield
    raise OSError("no room")
def test_fails_at_its_end(lab, spoiled): pass
"""


@pytest.mark.kernel
def test_what_can_not_be_left_as_evidence_is_told_and_ends_nothing(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest
        pytestmark = pytest.mark.lab("three-sites", machines="any")
        def test_it(lab): (lab.evidence.parent / "scenarios.jsonl").mkdir()
        """
    )
    result = suite.runpytest_subprocess("--lab-machines=namespace")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*::test_it is missing in *scenarios.jsonl: Is a directory"])


@pytest.mark.kernel
@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["alone", "under-xdist"])
def test_every_scenario_says_on_what_it_ran_and_how_it_ended(suite: pytest.Pytester, options: tuple[str, ...]) -> None:
    suite.makeini("[pytest]\njunit_family = xunit1\n")
    suite.makepyfile(SUITE)
    words = ("--lab-machines=namespace", "--lab-seed=7", "--junitxml=junit.xml", *options)
    assert suite.runpytest_subprocess(*words).ret == ExitCode.TESTS_FAILED
    found = read(suite)
    assert {name: (said.get("verdict"), said.get("because")) for name, said in found.items()} == {
        "test_passes": ("passed", None),
        "test_is_undecided": ("unknown", "nobody can say whether this holds: a leader"),
        "test_fails": ("failed", "'green'"),
        "test_is_skipped": ("skipped", "not today"),
        "test_without_a_lab": (None, None),
        "test_fails_at_its_end": ("failed", "no room"),
    }
    first = found["test_passes"]
    told = ("topology", "seed", "machines", "network", "patience")
    assert [first[name] for name in told] == ["three-sites", "7", "namespace", "switch", "1.00"]
    assert "accelerator" not in first
    assert first["evidence"].endswith("-three-sites")
    assert float(first["phase:set-up"]) > 0
    lines = (Path(first["evidence"]).parent / properties.ENDED).read_text().splitlines()
    ended = {one.pop("scenario").rpartition("::")[2]: one for one in map(json.loads, lines)}
    assert ended == {name: said for name, said in found.items() if said}
    assert [name for name, said in found.items() if "phase:set-up" in said] == ["test_passes"]
    assert all("phase:scenario" in found[name] for name in ("test_passes", "test_fails", "test_is_undecided"))


@pytest.mark.kernel
def test_a_lab_that_can_t_be_built_says_so_with_its_evidence(suite: pytest.Pytester) -> None:
    suite.makeini("[pytest]\njunit_family = xunit1\n")
    suite.makepyfile(
        "import pytest\npytestmark = pytest.mark.lab('three-sites', machines='any', start='installer')\n"
        "def test_one(lab): pass\ndef test_two(lab): pass\n"
    )
    suite.runpytest_subprocess("--lab-machines=namespace", "--junitxml=junit.xml")
    found = read(suite)
    assert found["test_one"]["verdict"] == "failed"
    assert "installer" in found["test_one"]["because"]
    assert found["test_one"]["evidence"].endswith("-three-sites")
    assert found["test_two"]["verdict"] == "skipped"


def test_phases_are_those_of_the_slowest_machine_and_told_once() -> None:
    now = [0.0]
    log, told = PhaseLog(["a", "b"], clock=lambda: now[0]), set[tuple[str, str]]()
    for at, machine, phase in [
        (1, "a", "powered on"),
        (2, "b", "powered on"),
        (5, "a", "installed"),
        (9, "b", "installed"),
    ]:
        now[0] = at
        log.reach(machine, phase)
    assert properties.durations(log, told) == {"powered on": 2, "installed": 7, "power-on to installed": 7}
    assert properties.durations(log, told) == {}
    now[0] = 11
    log.reach("a", "healthy")
    assert properties.durations(log, told) == {"healthy": 6, "power-on to healthy": 10}


def test_a_phase_of_machines_that_were_never_switched_on_has_its_own_duration_only() -> None:
    log = PhaseLog(["a"], clock=lambda: 3.0)
    log.reach("a", "restored cluster")
    assert properties.durations(log, set()) == {"restored cluster": 0}


def test_a_reason_is_one_line_and_more_than_a_heading() -> None:
    assert properties.in_a_line("no leader\nafter 10 s") == "no leader"
    assert properties.in_a_line("what was broken:\n  terms went back\n  and more") == "what was broken: terms went back"
    assert properties.in_a_line("nothing:") == "nothing:"
    assert properties.in_a_line("") == ""


def test_only_what_nobody_can_say_is_unknown() -> None:
    undecided, broken = Inconclusive("it", []), KeyError("it")
    assert properties.verdict("passed", None) == "passed"
    assert properties.verdict("failed", undecided) == "unknown"
    assert properties.verdict("failed", ExceptionGroup("two", [undecided, undecided])) == "unknown"
    assert properties.verdict("failed", ExceptionGroup("two", [undecided, broken])) == "failed"
    assert properties.verdict("failed", broken) == "failed"
    assert properties.verdict("skipped", broken) == "skipped"


def read(suite: pytest.Pytester) -> dict[str, dict[str, str]]:
    root = ET.parse(suite.path / "junit.xml").getroot()  # noqa: S314 - pytest's own
    return {
        str(case.get("name")): {str(one.get("name")): str(one.get("value")) for one in case.iter("property")}
        for case in root.iter("testcase")
    }
