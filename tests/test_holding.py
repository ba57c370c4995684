"""A lab that is held after a failure, entered from outside, in a pytest of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.holding import HELD
from harness.reception import entrances
from harness.sandbox.waiting import gone, wait_until
from harness.units import minutes, seconds

TOPOLOGIES = Path(__file__).parents[1] / "scenarios/topologies"

pytestmark = pytest.mark.kernel

SCENARIO = """
import pytest
pytestmark = pytest.mark.lab("three-sites", machines="any")
def test_it(lab):
    lab.switch_on("node01", "node02")
    assert {holds}
"""


@contextmanager
def run(folder: Path, *options: str, holds: object = False) -> Iterator[subprocess.Popen[bytes]]:
    (folder / "topologies").mkdir()
    shutil.copy(TOPOLOGIES / "three-sites.yaml", folder / "topologies")
    (folder / "test_it.py").write_text(SCENARIO.format(holds=holds))
    words = ["-p", "no:cacheprovider", "--lab-machines=namespace", f"--lab-dir={folder}/l", *options]
    with (
        (folder / "output").open("wb") as output,
        subprocess.Popen([sys.executable, "-m", "pytest", *words], cwd=folder, stdout=output, stderr=output) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def harness(folder: Path, command: str, *words: str) -> subprocess.CompletedProcess[str]:
    program = "import sys; from harness.cli import main; sys.exit(main())"
    line = [sys.executable, "-c", program, command, f"--lab-dir={folder}/l", *words]
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=20)


def held(folder: Path) -> Sequence[Path]:
    return list(folder.glob(f"l/*/{HELD}"))


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_a_failed_lab_is_entered_from_another_terminal_until_it_is_let_go(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    with run(tmp_path, "--lab-hold=failure", *workers) as process:
        wait_until("a lab that is held", lambda: held(tmp_path) or process.poll(), within=1 * minutes)
        assert {one.machine for one in entrances([tmp_path / "l"]) if one.door} == {"node01", "node02"}
        shown = harness(tmp_path, "shell", "node01", "--", "cat", "/proc/net/dev")
        assert (shown.returncode, shown.stderr) == (0, "")
        assert "eth0" in shown.stdout
        assert shown.stdout != Path("/proc/net/dev").read_text()
        assert harness(tmp_path, "shell", "node01", "--", "sh", "-c", "exit 7").returncode == 7
        for machine, trouble in ("node09", "node09 of three-sites ("), ("node99", "no lab that runs has a node99"):
            for command in "shell", "console":
                answer = harness(tmp_path, command, machine)
                assert answer.returncode == 2
                assert trouble in answer.stderr
        assert "it is a namespace" in harness(tmp_path, "console", "node01").stderr
        held(tmp_path)[0].unlink()
        assert process.wait(20) == 1
    assert "harness shell --lab-dir=" in (tmp_path / "output").read_text()


def test_the_hold_has_an_end(tmp_path: Path) -> None:
    with run(tmp_path, "--lab-hold=always", "--lab-hold-for=1 s", holds=True) as process:
        assert process.wait(60) == 0
    assert "three-sites is held until" in (tmp_path / "output").read_text()


def test_what_held_is_not_held_on_failure(tmp_path: Path) -> None:
    with run(tmp_path, "--lab-hold=failure", holds=True) as process:
        assert process.wait(60) == 0
    assert "is held until" not in (tmp_path / "output").read_text()


def test_a_run_that_is_interrupted_holds_nothing(tmp_path: Path) -> None:
    with run(tmp_path, "--lab-hold=always", holds="__import__('signal').raise_signal(2)") as process:
        assert process.wait(60) == pytest.ExitCode.INTERRUPTED
    assert "is held until" not in (tmp_path / "output").read_text()


def test_a_time_that_can_t_be_read_is_told_before_anything_starts(tmp_path: Path) -> None:
    with run(tmp_path, "--lab-hold=always", "--lab-hold-for=soon") as process:
        assert process.wait(60) == pytest.ExitCode.USAGE_ERROR
    assert "--lab-hold-for" in (tmp_path / "output").read_text()


def test_killing_a_held_lab_leaves_no_door(tmp_path: Path) -> None:
    with run(tmp_path, "--lab-hold=failure") as process:
        wait_until("a lab that is held", lambda: held(tmp_path) or process.poll(), within=1 * minutes)
        process.kill()
        gone("the doors", lambda: list(entrances([tmp_path / "l"])), within=2 * seconds)
