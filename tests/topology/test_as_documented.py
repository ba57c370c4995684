"""The documents as they are written: which of their known mistakes the checks find, and at which line."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from harness.errors import Problem, SpecError
from harness.topology.loader import load

HERE = Path(__file__).parent / "as_documented"
CORRECTED = Path(__file__).parents[2] / "scenarios/topologies"
FILES = sorted(HERE.glob("*.yaml"))


class Mistake(NamedTuple):
    """A mistake of the documents: its file, the text of the line that has it, and words of the message."""

    number: int
    file: str
    line: str
    message: str


# Number 10, "all 8 services" of which nine are listed, can't be said in a topology: nothing there counts a list.
MISTAKES = [
    Mistake(1, "photoncloud", "subnet: 10.0.300.0/24", "'10.0.300.0/24' is no IPv4 network: octet 300 (> 255)"),
    Mistake(1, "photoncloud", "subnet: 10.0.400.0/24", "'10.0.400.0/24' is no IPv4 network: octet 400 (> 255)"),
    Mistake(2, "three-sites", "survives: site", "the loss of site 'a' leaves 0 of 3 voters"),
    Mistake(
        3,
        "photoncloud",
        "{name: fiberlb-1,",
        "10.0.100.1 of 'fiberlb-1' is also that of the gateway of VLAN 'provisioning'",
    ),
    Mistake(4, "photoncloud", "raft_addr:", "Raft of 'node04' at 10.0.200.13:2380, but the machine is 10.0.200.20"),
    Mistake(5, "photoncloud", "total: 100 Gbps", "100 Gbps in all, but the cards have 25 Gbps + 25 Gbps"),
    Mistake(
        6, "azure-stack-hci", "name: shelves", "10.10.10.1 of the gateway lies in 'shelves', 10.10.10.1-10.10.10.9"
    ),
    Mistake(7, "azure-stack-hci", "name: web-services", "'reverse-proxy', 10.10.30.10, both have 10.10.30.10"),
    Mistake(
        7, "azure-stack-hci", "name: apps", "'web-services', 10.10.30.10-10.10.30.30, both have 10.10.30.20-10.10.30.30"
    ),
    Mistake(8, "proxmox", "{name: k3s,", "'k3s' is 192.168.1.188 here and 192.168.1.50 there"),
    Mistake(9, "proxmox", "{name: pods,", "overlay 'pods' is 10.42.0.0/16 here and 10.244.0.0/16 there"),
    Mistake(11, "photoncloud", "voter: true", "'node04' makes 4 voters, which tolerate 1 failure"),
    Mistake(12, "azure-stack-hci", "router-server-mgmt-interface", "10.10.60.1 of the gateway lies in"),
]


def problems(name: str) -> tuple[Problem, ...]:
    with pytest.raises(SpecError) as caught:
        load(HERE / f"{name}.yaml")
    return caught.value.problems


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: f"{one.number}-{one.file}")
def test_each_mistake_is_found_at_its_line(mistake: Mistake) -> None:
    lines = (HERE / f"{mistake.file}.yaml").read_text().splitlines()
    found = [one for one in problems(mistake.file) if mistake.message in one.message]
    assert any(mistake.line in lines[one.line - 1] for one in found), found


def test_all_mistakes_are_looked_for_but_the_one_that_no_topology_can_make() -> None:
    assert {mistake.number for mistake in MISTAKES} == set(range(1, 13)) - {10}


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_the_messages_are_exactly_these(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)
    with pytest.raises(SpecError) as caught:
        load(Path(file.name))
    assert f"{caught.value}\n" == file.with_suffix(".txt").read_text()


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_what_is_corrected_holds_and_says_so(file: Path) -> None:
    corrected = CORRECTED / file.name
    load(corrected)
    assert "# Corrected: " in corrected.read_text()
    assert "# Corrected" not in file.read_text()


def test_each_expected_output_has_its_input() -> None:
    assert {path.stem for path in HERE.iterdir()} == {path.stem for path in FILES}
