"""The parts of a lab that need no guest; the whole of it is tried by the scenarios and by tests/test_killed.py."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from harness.errors import LabError
from harness.lab import side_by_side
from harness.machines.virtual import VirtualMachine

T036 = Path(__file__).parent.parent / "scenarios" / "topologies" / "t036.yaml"


@dataclass(frozen=True)
class Named:
    name: str


def machines(*names: str) -> list[VirtualMachine]:
    return [cast("VirtualMachine", Named(name)) for name in names]


def test_machines_go_side_by_side() -> None:
    barrier = threading.Barrier(3, timeout=5)  # broken where they go one after another
    side_by_side(lambda _: cast("None", barrier.wait()), machines("node01", "node02", "node03"))


def test_every_failure_is_told_after_all_have_ended() -> None:
    ended: list[str] = []

    def act(machine: VirtualMachine) -> None:
        ended.append(machine.name)
        if machine.name != "node02":
            raise LabError("did not get there", machine=machine.name)

    with pytest.raises(ExceptionGroup, match="2 of 3 machines failed") as caught:
        side_by_side(act, machines("node01", "node02", "node03"))
    assert sorted(str(error) for error in caught.value.exceptions) == [
        "node01: did not get there",
        "node03: did not get there",
    ]
    assert sorted(ended) == ["node01", "node02", "node03"]


def test_nobody_to_wait_for_is_no_failure() -> None:
    side_by_side(lambda _: None, [])
