from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import main


def test_a_folder_that_is_none_is_unusable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", str(tmp_path / "gone"), "-o", str(tmp_path / "out")]) == 2
    assert "no such folder" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_without_evidence_is_unusable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("it broke")
    assert main(["reproduce", str(tmp_path), "-o", str(tmp_path / "out")]) == 2
    assert "nothing that can be read" in capsys.readouterr().err
