from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli import main
from tests.incident.replay import frames

TOPOLOGIES = Path(__file__).parents[2] / "scenarios/topologies"
T036 = TOPOLOGIES / "t036.yaml"
PROGRAM = "import sys; from harness.cli import main; sys.exit(main())"


def harness(*words: str | Path, path: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, which moves into a sandbox; programs are looked for in `path` first."""
    line = [sys.executable, "-c", PROGRAM, "replay", *map(str, words)]
    environment = os.environ | {"PATH": os.pathsep.join(filter(None, (path, os.environ["PATH"])))}
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=90, env=environment)


@pytest.mark.kernel
def test_a_real_boot_is_answered_as_it_was_recorded() -> None:
    run = harness(frames.REAL, "--topology", T036, "--json")
    assert run.returncode == 0, run.stdout + run.stderr
    found = json.loads(run.stdout)
    assert (found["equal"], found["client"], len(found["steps"])) == (True, frames.MAC, 16)
    excuses = {one["excuse"] for step in found["steps"] for answer in step["answers"] for one in answer["differences"]}
    assert "another file stands in here for what the field serves" in excuses


@pytest.mark.kernel
def test_what_differs_is_told(tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(T036.read_text().replace("address: 192.168.100.11}", "address: 192.168.100.17}"))
    run = harness(frames.REAL, "--topology", other, "--mac", frames.MAC)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "yiaddr: 192.168.100.11 recorded, 192.168.100.17 now" in run.stdout


@pytest.mark.kernel
def test_a_client_that_the_topology_does_not_know_gets_no_answer() -> None:
    run = harness(frames.REAL, "--topology", TOPOLOGIES / "three-sites.yaml", "--within", "0.1")
    assert run.returncode == 3, run.stdout + run.stderr
    assert f"{frames.MAC} has no address on the boot server's VLAN in this topology" in run.stdout


@pytest.mark.kernel
def test_a_boot_server_that_does_not_start_leaves_it_open(tmp_path: Path) -> None:
    program = tmp_path / "dnsmasq"
    program.write_text("#!/bin/sh\necho 'out of luck' >&2\nexit 3\n")
    program.chmod(0o755)
    run = harness(frames.REAL, "--topology", T036, path=str(tmp_path))
    assert run.returncode == 3, run.stdout + run.stderr
    assert "out of luck" in run.stderr


@pytest.mark.parametrize(
    "words,told",
    [
        (["--mac", "52:54:00:00:00:99"], f"nothing asked by 52:54:00:00:00:99, expected one of .*: {frames.MAC}"),
        (["--within", "0"], "Invalid value for '--within'"),
    ],
)
def test_what_can_t_be_used_is_refused(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(frames.REAL), "--topology", str(T036), *words]) == 2
    assert re.search(told, capsys.readouterr().err)


def test_a_topology_without_a_boot_server_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "none.yaml"
    text = T036.read_text()
    file.write_text(text[: text.index("boot_server:")] + text[text.index("disk_layout:") :])
    assert main(["replay", str(frames.REAL), "--topology", str(file)]) == 2
    assert "without a boot server, expected one with `boot_server`" in capsys.readouterr().err


def test_a_capture_without_a_boot_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    capture = Path(__file__).parents[1] / "capture/data/bgp-bird.pcap"
    assert main(["replay", str(capture), "--topology", str(T036)]) == 2
    assert "no request of a machine that boots from the network" in capsys.readouterr().err
