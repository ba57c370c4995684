from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.cli import main
from harness.cli.ps import rows
from harness.sandbox import inside, lease
from harness.sandbox.ledger import reserve
from harness.sandbox.promises import Need, Room
from harness.units import GiB, MiB

READY = "echo ready; read line"


def test_the_living_and_the_dead_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    living, dead = lease.take(tmp_path), lease.take(tmp_path)
    os.close(dead.lock)
    assert main(["ps", f"--lab-dir={tmp_path}", "--json"]) == 0
    states = {row["folder"]: row["state"] for row in json.loads(capsys.readouterr().out)}
    assert states[str(living.folder)] == "alive"
    assert states[str(dead.folder)] == "dead"
    assert dead.folder.exists()
    living.end()


@pytest.mark.kernel
def test_a_running_sandbox_says_who_and_how_many(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen(inside.command(tmp_path, ["sh", "-c", READY]), stdin=pipe, stdout=pipe) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"ready\n"
        assert main(["ps", f"--lab-dir={tmp_path}", "--json"]) == 0
        (row,) = [one for one in json.loads(capsys.readouterr().out) if one["folder"].startswith(str(tmp_path))]
        assert (row["pid"], row["processes"], row["state"]) == (running.pid, 2, "alive")
        assert row["command"].endswith(f"{tmp_path} sh -c {READY}")
        assert main(["ps", f"--lab-dir={tmp_path}"]) == 0
        assert f"pid {running.pid}" in capsys.readouterr().out
        running.communicate(b"\n", timeout=20)
    assert running.returncode == 0


def test_who_waits_for_room_is_shown_with_its_place_in_line(tmp_path: Path) -> None:
    seen: list[str] = []
    held = lease.take(tmp_path)
    crowded, roomy = Room(memory=4 * GiB, free=4 * GiB, cores=0), Room(memory=2**60, free=2**60, cores=2**20)

    def look(_line: str) -> None:
        seen.extend(map(str, rows([tmp_path])))
        raise KeyboardInterrupt

    with (
        reserve(Need(MiB, 1), "first", tmp_path / "first", print, room=lambda: roomy),
        pytest.raises(KeyboardInterrupt),
        reserve(Need(3 * MiB, 2), "second", held.folder, look, room=lambda: crowded),
    ):
        pass
    (row,) = seen
    assert re.search(r"3 MiB and 2 processors waited for, place \d+ in line", row)
    (after,) = rows([tmp_path])
    assert (after.place, after.memory) == (0, 0)
    held.end()


@pytest.mark.kernel
def test_what_is_another_user_s_is_seen_as_far_as_it_is_open() -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as open_to_all:
        Path(open_to_all).chmod(0o755)
        theirs = Path(open_to_all) / "theirs"
        lease.take(theirs).end()
        assert _seen_by_another([theirs]) == f"{theirs}  closed  root: ask them, or look as root"


def _seen_by_another(places: Sequence[Path]) -> str:
    answer, teller = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setuid(12345)
            os.write(teller, "\n".join(map(str, rows(places))).encode())
        finally:
            os._exit(0)
    os.close(teller)
    os.waitpid(child, 0)
    with os.fdopen(answer) as words:
        return words.read()


def test_a_folder_for_labs_that_is_none_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["ps"], ["clean"], ["shell", "node01"], ["console", "node01"], ["capture", "-o", "x"]):
        assert main([*words, f"--lab-dir={tmp_path}/misspelt"]) == 2
        assert f"'{tmp_path}/misspelt' does not exist" in capsys.readouterr().err
