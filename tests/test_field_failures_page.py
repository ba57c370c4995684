"""The commands of docs/field-failures.md run, and what they leave can be read; its example is a scenario."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.incident.files.folder import open_incident
from harness.sandbox.waiting import wait_until
from harness.units import seconds
from tests.incident.replay import frames
from tests.provisioning.segment import Segment

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/field-failures.md"
BLOCK = re.compile(r"^<!-- runs: (\w+) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = dict(BLOCK.findall(PAGE.read_text(encoding="utf-8")))

needs_tcpdump = pytest.mark.skipif(shutil.which("tcpdump") is None, reason="apt-get install tcpdump")
needs_journalctl = pytest.mark.skipif(shutil.which("journalctl") is None, reason="systemd's journalctl is not here")


def test_there_is_something_to_run() -> None:
    assert {*BLOCKS} == {"capture", "boot", "journal", "rest", "example"}


@needs_tcpdump
@pytest.mark.kernel
@pytest.mark.parametrize("name", ["capture", "boot"])
def test_what_is_captured_so_can_be_read(name: str, tmp_path: Path) -> None:
    segment = Segment()
    command = re.sub(r"link=\w+", "link=pxe0", BLOCKS[name])
    words = ["bash", "-e", "-c", command.replace("tcpdump ", "exec tcpdump ")]
    process = segment.server.popen(words, cwd=tmp_path, stderr=subprocess.PIPE)
    try:
        folder = tmp_path / "incident"
        captured = lambda: [one for one in folder.rglob("*.pcap") if one.stat().st_size]  # noqa: E731 - it is looked at again
        wait_until("a capture", captured, within=5 * seconds)
        segment.ask("52:54:00:00:01:01", {}, patience=0.2)
    finally:
        process.terminate()
        _, told = process.communicate(timeout=10)
    assert process.returncode == 0, told
    assert b"dropped by kernel" in told
    segment.close()
    incident = open_incident(folder)
    assert len(incident.captures) == 1
    assert incident.unread == []


@needs_journalctl
def test_journals_are_asked_for_in_words_that_journalctl_knows(tmp_path: Path) -> None:
    run = subprocess.run(
        ["bash", "-e", "-c", BLOCKS["journal"]], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert len(list(tmp_path.glob("incident/*/journal.json"))) == 1


def test_the_rest_is_collected_whatever_is_missing(tmp_path: Path) -> None:
    run = subprocess.run(["bash", "-c", BLOCKS["rest"]], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    (clock,) = tmp_path.glob("incident/*/clock.txt")
    assert "UTC" in clock.read_text()


@pytest.mark.kernel
def test_the_example_is_a_scenario(tmp_path: Path) -> None:
    (tmp_path / "topologies").mkdir()
    shutil.copy(ROOT / "scenarios/topologies/t036.yaml", tmp_path / "topologies")
    shutil.copy(frames.REAL, tmp_path / "boot.pcapng")
    (tmp_path / "test_boot.py").write_text(BLOCKS["example"])
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--lab-machines=namespace"]
    run = subprocess.run(
        [*words, f"--lab-dir={tmp_path}/l", "test_boot.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 passed" in run.stdout
