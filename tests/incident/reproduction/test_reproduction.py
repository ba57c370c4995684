"""The whole way on a real lab: a scenario is run, and what the run left is an incident that tells the same."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from harness.cli import main
from harness.faults import words
from harness.incident.scenario.writing import scenario
from tests.incident.findings import found
from tests.incident.told import told

pytestmark = pytest.mark.kernel


def write(folder: Path, line: str, signature: str) -> None:
    """Write the scenario of one fault, which sets in soon."""
    (step,) = words.parse(f"at 0s {line}")
    incident = told(found(words.describe(step.fault), 10, 12), signature=signature)
    scenario(incident, folder.name, folder.name).write(folder)
    (folder / "schedule.txt").write_text(f"at 500ms {line}\n")


def test_a_run_shows_the_signature_and_leaves_an_incident_that_tells_the_same(
    pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = pytester.path / "killed"
    write(folder, "kill node02 chainfire", "service dies")
    result = pytester.runpytest_subprocess("killed", "--lab-runs=1", "--junitxml=report.xml")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*= incidents =*", "*: 'service dies' came back in 1 of 1 runs"])
    report = ET.parse(pytester.path / "report.xml")  # noqa: S314 - pytest has just written it
    properties = {one.get("name"): one.get("value") for one in report.iter("property")}
    assert (properties["signature-runs"], properties["signature-back"]) == ("1", "1")
    (left,) = pytester.path.glob("evidence/latest/*/run-1")
    assert main(["reproduce", str(left), "-o", str(pytester.path / "again")]) == 0
    assert [words.describe(step.fault) for step in words.read(pytester.path / "again/schedule.txt")] == [
        "kill node02 chainfire"
    ]
    assert "service dies" in capsys.readouterr().out
