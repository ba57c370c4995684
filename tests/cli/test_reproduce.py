from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import main
from harness.faults import words
from tests.incident.test_inquiry import DIED, FAILED, folder

RESTARTED = (42, "chainfire.service: Scheduled restart job, restart counter is at 1.")


@pytest.fixture
def incident(tmp_path: Path) -> Path:
    path = tmp_path / "incident"
    path.mkdir()
    return folder(path, (1, "Started chainfire.service."), (41, DIED), RESTARTED)


def test_a_folder_that_is_none_is_unusable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", str(tmp_path / "gone"), "-o", str(tmp_path / "out")]) == 2
    assert "does not exist" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_without_evidence_is_unusable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("it broke")
    assert main(["reproduce", str(tmp_path), "-o", str(tmp_path / "out")]) == 2
    assert "nothing that can be read" in capsys.readouterr().err


def test_a_scenario_is_written_and_told(incident: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "killed"
    assert main(["reproduce", str(incident), "-o", str(out), "--json"]) == 0
    told = capsys.readouterr()
    values = json.loads(told.out)
    assert [one["fault"] for one in values["findings"]] == ["kill node02 chainfire"]
    assert values["signature"] == "service dies"
    assert "written: " in told.err
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*.*")) == [
        "README.md",
        "schedule.txt",
        "test_killed.py",
        "topologies/killed.yaml",
    ]


def test_a_scenario_that_is_there_is_left_alone(
    incident: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "killed"
    out.mkdir()
    (out / "schedule.txt").write_text("at 0s kill node01 etcd # edited")
    assert main(["reproduce", str(incident), "-o", str(out)]) == 2
    assert "there is a scenario already (schedule.txt); --force replaces it" in capsys.readouterr().err
    assert "edited" in (out / "schedule.txt").read_text()
    assert main(["reproduce", str(incident), "-o", str(out), "--force"]) == 0
    assert "edited" not in (out / "schedule.txt").read_text()


def test_a_place_that_can_not_be_written_is_told(
    incident: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert main(["reproduce", str(incident), "-o", str(tmp_path / "file/killed")]) == 2
    assert "can't be written" in capsys.readouterr().err


def test_what_can_not_be_written_is_told_before_anything_is_read(
    incident: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "README.md").write_text("mine")
    for out in (tmp_path, tmp_path / "README.md", tmp_path / "README.md" / "out"):
        assert main(["reproduce", str(incident), "-o", str(out)]) == 2
        told = capsys.readouterr().err
        assert len(told.splitlines()) == 1, told


def test_where_nothing_can_be_decided_the_status_is_three(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "quiet"
    path.mkdir()
    folder(path, (1, "Started chainfire.service."), (41, "all is well"))
    assert main(["reproduce", str(path), "-o", str(tmp_path / "out")]) == 3
    assert "Nothing that the evidence decides." in capsys.readouterr().out
    assert not list((tmp_path / "out").glob("test_*"))


def test_what_was_seen_without_a_fault_has_a_status_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "seen", tmp_path / "out"
    path.mkdir()
    folder(path, (1, "Started chainfire.service."), (41, FAILED))
    assert main(["reproduce", str(path), "-o", str(out)]) == 4
    assert "signature: held for dead: node03 is held for dead" in capsys.readouterr().out
    assert 'SIGNATURE = "held for dead"' in (out / "test_out.py").read_text()
    assert len(words.read(out / "schedule.txt")) == 0
