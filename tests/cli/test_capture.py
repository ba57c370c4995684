"""A capture of a lab that runs, from another process, while it runs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.capture.files.reader import frames, open_reader
from harness.cli import main
from harness.holding import HELD
from harness.sandbox.waiting import wait_until
from harness.units import minutes, seconds

TOPOLOGIES = Path(__file__).parents[2] / "scenarios/topologies"
SCENARIO = """
import pytest
pytestmark = pytest.mark.lab("three-sites", machines="any")
def test_it(lab):
    lab.switch_on("node01", "node02")
"""
PROGRAM = "import sys; from harness.cli import main; sys.exit(main())"
SAY = (
    "import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1);"
    " s.sendto({!r}, ('10.0.100.255', 9))"
)


class HeldLab:
    """A lab that is held, with its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def harness(self, command: str, *words: str, **options: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401 - Popen's own
        line = [sys.executable, "-c", PROGRAM, command, f"--lab-dir={self.folder}/l", *words]
        return subprocess.Popen(line, stderr=subprocess.PIPE, **options)

    def say(self, words: bytes) -> None:
        """Have a machine broadcast one datagram: nobody is asked for, so nothing is sent a second time."""
        with self.harness("shell", "node01", "--", sys.executable, "-c", SAY.format(words)) as process:
            assert process.wait(30) == 0


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeldLab]:
    folder = tmp_path_factory.mktemp("held")
    (folder / "topologies").mkdir()
    shutil.copy(TOPOLOGIES / "three-sites.yaml", folder / "topologies")
    (folder / "test_it.py").write_text(SCENARIO)
    words = ["-p", "no:cacheprovider", "--lab-machines=namespace", "--lab-hold=always", f"--lab-dir={folder}/l"]
    with (
        (folder / "output").open("wb") as output,
        subprocess.Popen([sys.executable, "-m", "pytest", *words], cwd=folder, stdout=output, stderr=output) as process,
    ):
        try:
            there = lambda: list(folder.glob(f"l/*/{HELD}")) or process.poll() is not None  # noqa: E731
            wait_until("a lab that is held", there, within=1 * minutes)
            yield HeldLab(folder)
            for door in folder.glob(f"l/*/{HELD}"):
                door.unlink()
            assert process.wait(30) == 0
        finally:
            process.kill()


def was_said(words: bytes, path: Path) -> bool:
    return path.exists() and any(words in frame.data for frame in frames(path))


def begun(process: subprocess.Popen[bytes]) -> None:
    assert process.stderr is not None
    assert b"capturing" in process.stderr.readline()


@pytest.mark.kernel
def test_frames_of_a_link_come_from_now_on(held: HeldLab, tmp_path: Path) -> None:
    path = tmp_path / "new.pcapng"
    began = time.time_ns()
    with held.harness("capture", "--link=node01/eth0", "-o", str(path)) as process:
        begun(process)
        held.say(b"new")
        wait_until("the frame", lambda: was_said(b"new", path), within=30 * seconds)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert {frame.link for frame in frames(path)} == {"node01/eth0"}
    assert all(frame.time > began for frame in frames(path))


@pytest.mark.kernel
def test_it_ends_when_there_are_enough(held: HeldLab, tmp_path: Path) -> None:
    path = tmp_path / "one.pcapng"
    held.say(b"one")
    with held.harness("capture", "--from-start", "--count=1", "-o", str(path)) as process:
        assert process.wait(30) == 0
    assert len(list(frames(path))) == 1


@pytest.mark.kernel
def test_from_the_start_all_links_are_there_until_it_is_interrupted(held: HeldLab, tmp_path: Path) -> None:
    path = tmp_path / "all.pcapng"
    held.say(b"all")
    with held.harness("capture", "--from-start", "-o", str(path)) as process:
        begun(process)
        wait_until("the frame", lambda: was_said(b"all", path), within=30 * seconds)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert b" frames" in process.stderr.read()
    with path.open("rb") as file:
        reader = open_reader(file, "all")
        assert {frame.link for frame in reader} >= {"node01/eth0", "node02/eth0"}
        assert set(reader.links) > {"node01/eth0", "node07/eth0"}


@pytest.mark.kernel
def test_a_pipe_is_fed_and_may_be_closed(held: HeldLab) -> None:
    with held.harness("capture", "--from-start", "-o", "-", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.read(4) == b"\n\r\r\n"
        process.stdout.close()
        held.say(b"piped")
        process.wait(30)
        assert process.returncode == 0


@pytest.mark.kernel
def test_it_ends_when_its_time_is_over(held: HeldLab, tmp_path: Path) -> None:
    path = tmp_path / "short.pcapng"
    with held.harness("capture", "--for=0.2", "-o", str(path)) as process:
        assert process.wait(30) == 0
    assert path.exists()
    held.say(b"late")
    assert not was_said(b"late", path)


@pytest.mark.kernel
def test_what_can_not_be_captured_is_said(held: HeldLab, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = f"--lab-dir={held.folder}/l"
    assert main(["capture", where, "--link=wan9", "-o", str(tmp_path / "x")]) == 2
    assert "three-sites has no link wan9; there are: " in capsys.readouterr().err
    assert main(["capture", where, "--lab=other", "-o", str(tmp_path / "x")]) == 2
    assert "no lab other runs; labs that run: three-sites" in capsys.readouterr().err
    (own,) = held.folder.glob("evidence/latest/*/switch.pcapng")
    assert main(["capture", where, "--lab=three-sites", "-o", str(own)]) == 2
    assert "is what the lab itself writes" in capsys.readouterr().err
    assert main(["capture", where, "--lab=three-sites", "-o", "/none/such"]) == 2
    assert "/none/such: can't be written: No such file" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
    assert main(["capture", where, "--lab=three-sites", "-o", "/dev/full", "--from-start"]) == 2
    assert "/dev/full: can't be written any more: No space left on device" in capsys.readouterr().err


def test_without_a_lab_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["capture", f"--lab-dir={tmp_path}", "--lab=no-such", "-o", os.devnull]) == 2
    assert "no lab no-such runs" in capsys.readouterr().err
