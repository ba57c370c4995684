from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.cli import main
from harness.sandbox import lease


def test_only_the_dead_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    living, dead = lease.take(tmp_path), lease.take(tmp_path)
    os.close(dead.lock)
    assert main(["clean", f"--lab-dir={tmp_path}"]) == 0
    said = capsys.readouterr().out
    assert f"removed {dead.folder}\n" in said
    assert f"left alone: {living.folder}  alive" in said
    assert not dead.folder.exists()
    assert living.folder.is_dir()
    living.end()


@pytest.mark.kernel
def test_what_is_another_user_s_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dead = lease.take(tmp_path / "theirs")
    os.close(dead.lock)
    for path in (dead.folder, dead.folder.parent):
        os.chown(path, 12345, 12345)
    assert main(["clean", f"--lab-dir={tmp_path}/theirs"]) == 1
    assert f"left alone: {dead.folder}  dead  12345" in capsys.readouterr().out
    assert dead.folder.is_dir()
