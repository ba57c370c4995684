from __future__ import annotations

from dataclasses import replace

import pytest

from harness.faults.words import describe
from harness.incident.diagnosis.telling import Told
from harness.incident.scenario.writing import scenario
from tests.incident.findings import found
from tests.incident.told import told

pytestmark = pytest.mark.kernel


def without_stack(*lines: str, signature: str) -> Told:
    """Return an incident of machines of which nobody knows what ran there."""
    known = told(*(found(line, 10 + 3 * n, 12 + 3 * n) for n, line in enumerate(lines)), signature=signature)
    topology = known.record.topology.model_copy(update={"stack": None})
    return replace(known, record=replace(known.record, topology=topology))


def test_faults_bite_and_are_seen_where_nobody_knows_what_ran(pytester: pytest.Pytester) -> None:
    incident = without_stack("kill node02 redis", "isolate node01", signature="member silent")
    scenario(incident, "unknown", "unknown").write(pytester.path / "unknown")
    (pytester.path / "unknown/schedule.txt").write_text(
        f"at 1s {describe(incident.diagnosis.findings[0].fault)}\nat 2s isolate node01 for 3s\n"
    )
    test = (pytester.path / "unknown/test_unknown.py").read_text()
    assert 'start="off"' in test
    assert "stand-ins" in test
    (pytester.path / "unknown/test_unknown.py").write_text(test.replace('("node02",)', '("node02", "node03")'))
    result = pytester.runpytest_subprocess("unknown", "--lab-runs=1")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*: 'member silent' came back in 1 of 1 runs"])
    journal = next(pytester.path.glob("evidence/latest/*/run-1/journals/node02.json")).read_text()
    assert "redis.service: Main process exited, code=killed, status=9/KILL" in journal
