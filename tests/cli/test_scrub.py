from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness.cli import main
from tests.incident.replay import frames


@pytest.fixture
def incident(tmp_path: Path) -> Path:
    folder = tmp_path / "incident"
    folder.mkdir()
    shutil.copy(frames.REAL, folder / "node01.pcapng")
    return folder


def test_an_incident_is_scrubbed(incident: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scrub", str(incident), "-o", str(tmp_path / "out")]) == 0
    assert "  35 frames\n" in capsys.readouterr().out
    (found,) = (tmp_path / "out").iterdir()
    assert bytes.fromhex("525400000101") not in found.read_bytes()


def test_what_is_refused_is_told_and_is_the_status(
    incident: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (incident / "notes.txt").write_text("secret")
    assert (
        main(["scrub", str(incident), "-o", str(tmp_path / "out"), "--json", "--keep", "node01", "--name", "x1"]) == 1
    )
    told = json.loads(capsys.readouterr().out)
    assert [one["file"] for one in told["refused"]] == ["notes.txt"]
    assert told["files"] == {"node01.pcapng": "node01.pcapng"}


def test_what_can_t_be_used_is_refused(incident: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scrub", str(incident), "-o", str(incident / "within")]) == 2
    assert "a folder within the incident's own" in capsys.readouterr().err
    assert main(["scrub", str(tmp_path / "none"), "-o", str(tmp_path / "out")]) == 2
    assert main(["scrub", str(incident), "-o", str(incident / "node01.pcapng")]) == 2
