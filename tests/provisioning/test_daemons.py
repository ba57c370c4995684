from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from harness.errors import LabError
from harness.provisioning.daemons import TAIL, Daemon, last_lines
from harness.sandbox.waiting import wait_until
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

T = TypeVar("T")


class Here:
    """The place where the test itself runs."""

    def popen(self, command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401 - Popen's own
        return subprocess.Popen(command, **options)

    def run(self, function: Callable[[], T]) -> T:
        return function()


def daemon(tmp_path: Path, script: str) -> Daemon:
    return Daemon("toy", ["sh", "-c", script], place=Here(), log=tmp_path / "toy.log")


def process(daemon: Daemon) -> subprocess.Popen[bytes]:
    assert daemon._process is not None
    return daemon._process


def test_its_words_go_to_the_log_until_it_is_stopped(tmp_path: Path) -> None:
    toy = daemon(tmp_path, "echo out; echo err >&2; exec sleep 60")
    toy.start()
    wait_until("both lines", lambda: last_lines(toy.log) == ["out", "err"], within=5 * seconds)
    toy.check()
    running = process(toy)
    toy.stop()
    assert running.returncode == -signal.SIGTERM
    toy.stop()
    toy.check()


def test_what_it_said_before_its_last_start_is_not_what_it_says(tmp_path: Path) -> None:
    one = daemon(tmp_path, "echo serving; exec sleep 60")
    for _ in range(2):
        one.start()
        wait_until("its words", lambda: one.said() == ["serving"], within=5 * seconds)
        one.stop()
    assert one.log.read_text() == "serving\n" * 2
    one.start()
    one.kill()
    assert one.said() in ([], ["serving"])


def test_one_that_ended_on_its_own_is_told_with_its_last_words(tmp_path: Path) -> None:
    toy = daemon(tmp_path, "seq 30; exit 3")
    toy.start()
    process(toy).wait()
    with pytest.raises(LabError, match="toy ended on its own with status 3") as caught:
        toy.check()
    assert caught.value.console == tuple(str(number) for number in range(31 - TAIL, 31))
    assert caught.value.evidence == tmp_path
    with pytest.raises(LabError, match="toy ended on its own"):
        toy.stop()
    toy.stop()


def test_one_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.provisioning.daemons.STOP_LIMIT", 0.2 * seconds)
    toy = daemon(tmp_path, "trap '' TERM; echo deaf; while :; do sleep 0.05; done")
    toy.start()
    wait_until("it to be deaf", lambda: last_lines(toy.log), within=5 * seconds)
    running = process(toy)
    toy.stop()
    assert running.returncode == -signal.SIGKILL


def test_a_configuration_is_checked_before_the_start(tmp_path: Path) -> None:
    toy = daemon(tmp_path, "exit 0")
    toy.test([sys.executable, "-c", "pass"])
    with pytest.raises(LabError, match="toy does not accept its configuration") as caught:
        toy.test(["sh", "-c", "echo 'bad option at line 3' >&2; exit 1"])
    assert caught.value.console == ("bad option at line 3",)


def test_a_log_that_is_not_there_has_no_lines(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "none") == []
