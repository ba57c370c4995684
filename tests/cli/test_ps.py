from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.cli import main
from harness.cli.ps import rows
from harness.sandbox import inside, lease

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
