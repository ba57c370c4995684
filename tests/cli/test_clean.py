from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.cli import main
from harness.sandbox import lease
from harness.sandbox.workplaces import workplace


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


def test_what_else_is_kept_where_labs_are_is_neither_shown_nor_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "thesis" / "chapter"
    mine.mkdir(parents=True)
    assert main(["clean", f"--lab-dir={tmp_path}"]) == 0
    assert str(mine.parent) not in capsys.readouterr().out
    assert mine.is_dir()


def test_what_was_never_finished_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    places = [tmp_path / "cache/harness" / name for name in ("checkpoints", "images/node")]
    for place in places:
        (place / ".unfinished-x/lab").mkdir(parents=True)
    with workplace(places[0]) as growing:
        main(["clean", f"--lab-dir={tmp_path}"])
        said = capsys.readouterr().out
        assert list(places[0].iterdir()) == [growing]
    assert [f"removed {place}/.unfinished-x\n" in said for place in places] == [True, True]
    assert list(places[1].iterdir()) == []


@pytest.mark.kernel
def test_what_is_another_user_s_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dead = lease.take(tmp_path / "theirs")
    os.close(dead.lock)
    for path in (dead.folder, dead.folder.parent):
        os.chown(path, 12345, 12345)
    assert main(["clean", f"--lab-dir={tmp_path}/theirs"]) == 1
    assert f"left alone: {dead.folder}  dead  12345" in capsys.readouterr().out
    assert dead.folder.is_dir()
