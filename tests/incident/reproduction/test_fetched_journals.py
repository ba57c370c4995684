from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.incident.reproduction.fetched_journals import FetchedJournals
from harness.machines.namespace import NamespaceMachine
from harness.network.switched import SwitchNetwork
from harness.sandbox.netns import NetworkNamespace
from harness.topology.model import MachineSpec, NicSpec

pytestmark = pytest.mark.kernel

PRINTS = """#!/bin/sh
echo "{\\"MESSAGE\\": \\"$*\\"}"
"""
NONE = """#!/bin/sh
echo "No journal files were found." >&2
"""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[NamespaceMachine]:
    with NetworkNamespace.create() as home:
        network = SwitchNetwork(tmp_path, home)
        network.start()
        spec = MachineSpec(name="node01", nics=(NicSpec(name="eth0", mac="52:54:00:00:00:01", vlan="a"),))
        made = NamespaceMachine(spec, [], network=network)
        yield made
        made.cut()
        network.stop()


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Have the machine find a journalctl of that text."""
    path = folder / "bin/journalctl"
    path.parent.mkdir()
    path.write_text(text)
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")


def test_a_machine_is_asked_for_its_lines_since_a_little_before(
    machine: NamespaceMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, monkeypatch, PRINTS)
    machine.on()
    (path,) = FetchedJournals([machine]).write(tmp_path / "journals", since=1_795_280_000 * 10**9)
    assert path.name == "node01.json"
    assert json.loads(path.read_text()) == {"MESSAGE": "--no-pager --output=json --since=@1795279995"}


def test_a_machine_that_has_none_or_is_off_is_left_out(
    machine: NamespaceMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, monkeypatch, NONE)
    journals = FetchedJournals([machine])
    assert journals.write(tmp_path / "journals") == []
    machine.on()
    assert journals.write(tmp_path / "journals") == []
