from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.faults.words import parse
from harness.incident.finding import Finding
from harness.topology.loader import load
from measure.__main__ import main
from measure.incidents import Injected
from measure.inferred import Compared, compare, steps_of
from measure.reproduce import INCIDENTS, Tally
from tests.incident.findings import SECOND, found, record
from tests.incident.records import TOPOLOGIES

MILLISECOND = 10**6


def truth(path: Path, line: str, began: float, ended: float) -> Path:
    (step,) = parse(line)
    told = {
        "fault": line.split(" ", 2)[2].partition(" for ")[0],
        "line": line,
        "injected": round(began * SECOND) - MILLISECOND,
        "began": round(began * SECOND),
        "healing": round(ended * SECOND),
        "ended": round(ended * SECOND) + MILLISECOND,
    }
    assert step.fault.word in line
    path.write_text(json.dumps({"steps": [told]}))
    return path


def compared(tmp_path: Path, line: str, *findings: Finding) -> Compared:
    steps = steps_of(truth(tmp_path / "x.truth", line, 10, 16), load(TOPOLOGIES / "t036.yaml"))
    return compare(steps, record(), findings)


def test_what_reaches_the_same_is_right_and_times_are_off_from_when_it_was_done(tmp_path: Path) -> None:
    one = compared(tmp_path, "at 0s isolate node02 for 6s", found("cut node02/eth0", 10.2, 15.9))
    assert (one.right, one.invented) == (1, [])
    assert one.began == pytest.approx([200])
    assert one.ended == pytest.approx([100])


@pytest.mark.parametrize("line", ["isolate node03", "deafen node02 node01", "power-cut node02"])
def test_another_kind_or_target_is_invented(tmp_path: Path, line: str) -> None:
    one = compared(tmp_path, "at 0s isolate node02 for 6s", found(line, 10, 16))
    assert (one.right, len(one.invented)) == (0, 1)


@pytest.mark.parametrize(
    "line,right",
    [
        ("impair node02 delay=70ms", 1),
        ("impair node02 delay=70ms loss=20%", 0),
        ("impair node02 delay=10ms", 0),
        ("impair node03 delay=80ms", 0),
    ],
)
def test_a_links_conditions_have_to_be_alike(tmp_path: Path, line: str, right: int) -> None:
    assert compared(tmp_path, "at 0s impair node02 delay=80ms for 6s", found(line, 10, 16)).right == right


def test_all_together_have_goals(tmp_path: Path) -> None:
    tally = Tally(runs=10, back=7)
    tally.add(compared(tmp_path, "at 0s isolate node02 for 6s", found("isolate node02", 10.1, 16.9)))
    figures = {one.name: one for one in tally.figures()}
    assert figures["reproduce: faults missed"].met() is True
    assert figures["reproduce: times off at worst"].met() is False
    assert figures["reproduce: runs without the signature"].met() is False


def test_every_incident_has_a_schedule_that_can_be_read() -> None:
    assert len({one.name for one in INCIDENTS}) == len(INCIDENTS)
    injected = [one for one in INCIDENTS if isinstance(one, Injected)]
    kinds = {step.fault.word for one in injected for step in parse(one.schedule)}
    assert len(kinds) >= 8
    assert any(not one.schedule for one in injected)


@pytest.mark.parametrize("words", [["no-such"], ["vm-no-such"], ["", "", "many"], ["", "", "0"]])
def test_a_part_of_no_name_or_no_number_of_runs_is_unusable(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reproduce", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "is no part of" in err
