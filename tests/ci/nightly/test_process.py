from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from harness.sandbox.waiting import gone, wait_until
from harness.units import milliseconds, seconds
from night import process
from night.process import Ended
from tests.processes import alive

ROOT = Path(__file__).parents[3]


def run(folder: Path, program: str) -> Ended:
    return process.run([sys.executable, "-c", program], folder=folder, log=folder / "log")


@pytest.mark.parametrize(
    "program,words",
    [
        ("raise SystemExit(0)", "exit status 0"),
        ("raise SystemExit(3)", "exit status 3"),
        ("import os; os.kill(os.getpid(), 9)", "killed by SIGKILL"),
        ("raise SystemExit(137)", "killed by SIGKILL"),
        ("raise SystemExit(200)", "exit status 200"),
    ],
)
def test_how_a_process_ended_is_told_in_words(program: str, words: str, tmp_path: Path) -> None:
    assert str(run(tmp_path, program)) == words


def test_what_it_says_is_in_the_log(tmp_path: Path) -> None:
    run(tmp_path, "import sys; print('out', flush=True); print('err', file=sys.stderr)")
    assert (tmp_path / "log").read_text() == "out\nerr\n"


def test_at_the_limit_it_may_still_write_down_what_it_knows(tmp_path: Path) -> None:
    script = "trap 'echo all I know; exit 2' INT; while :; do sleep 0.1; done"
    assert shell(tmp_path, script, grace=30 * seconds) == Ended(2, stopped=True)
    said = (tmp_path / "log").read_text()
    assert "interrupted after 1.5 s" in said
    assert "all I know" in said


def test_what_does_not_end_by_itself_is_killed_with_its_children(tmp_path: Path) -> None:
    script = "trap '' INT; sleep 60 & echo $! > child; wait"
    assert shell(tmp_path, script, grace=500 * milliseconds) == Ended(-signal.SIGKILL, stopped=True)
    child = int((tmp_path / "child").read_text())
    gone("the child", lambda: alive(child), within=5 * seconds)


def shell(folder: Path, script: str, *, grace: timedelta) -> Ended:
    """Run a script of the shell, which is there within milliseconds, for a while."""
    limit = 1500 * milliseconds
    return process.run(["sh", "-c", script], folder=folder, log=folder / "log", limit=limit, grace=grace)


def test_it_goes_with_us_whatever_ends_us(tmp_path: Path) -> None:
    inner = f"import os, time; open({str(tmp_path / 'inner')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    outer = (
        "import sys\nfrom pathlib import Path\nfrom night import process\n"
        f"process.run([sys.executable, '-c', {inner!r}], folder=Path('.'), log=Path({str(tmp_path / 'log')!r}))"
    )
    paths = {"PYTHONPATH": f"{ROOT}/ci:{ROOT}"}
    with subprocess.Popen([sys.executable, "-c", outer], env=paths, cwd=ROOT) as us:
        try:
            number = int(wait_until("the process", lambda: read(tmp_path / "inner"), within=20 * seconds))
        finally:
            us.kill()
    gone("the process", lambda: alive(number), within=5 * seconds)


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
