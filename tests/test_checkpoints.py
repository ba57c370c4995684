"""What can be told of a lab's checkpoint without a guest; with guests: tests/machines/test_checkpoint.py, scenarios."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from harness import checkpoints
from harness.checkpoints import LAB, Saved
from harness.errors import HostError, LabError
from harness.machines.checkpoint_store import Spoiled
from harness.machines.virtual import VirtualMachine


def test_a_lab_without_machines_that_run_is_saved_and_put_back(tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    saved = checkpoints.save({}, folder)
    assert Saved.read(folder) == saved
    assert saved.running == ()
    checkpoints.restore({}, folder)


def test_each_checkpoint_has_a_word_of_its_own(tmp_path: Path) -> None:
    words = {checkpoints.save({}, tmp_path / str(number)).word for number in range(3)}
    assert len(words) == 3


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"running": [], "word": "x"}'])
def test_what_is_not_ours_is_spoiled(tmp_path: Path, text: str) -> None:
    (tmp_path / LAB).write_text(text)
    with pytest.raises(Spoiled, match="holds no saved lab"):
        checkpoints.restore({}, tmp_path)


def test_a_full_disk_leaves_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    full = OSError(errno.ENOSPC, "No space left on device", "memory")
    with pytest.raises(HostError, match=r"can't be written to .*No space left on device.*free some room"):
        fail(folder, ExceptionGroup("2 of 3 machines failed", [full, LabError("late")]))
    assert not folder.exists()


def test_a_machine_that_can_t_be_saved_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    with pytest.raises(LabError, match="node02: did not freeze its disk"):
        fail(folder, ExceptionGroup("1 of 3", [LabError("did not freeze its disk", machine="node02")]))
    assert not folder.exists()


@dataclass
class Machine:
    """A stand-in for a machine that, where it is `stuck`, does not do what it is told."""

    stuck: bool = False
    done: list[str] = field(default_factory=list)

    def pause(self) -> None:
        self.done.append("pause")

    def resume(self) -> None:
        self._do("resume")

    def cut(self) -> None:
        self._do("cut")

    def restore(self, folder: Path) -> None:
        raise LabError(f"{folder} is not there")

    def _do(self, what: str) -> None:
        if self.stuck:
            raise LabError(f"did not {what}")
        self.done.append(what)


@pytest.mark.parametrize("stuck", [0, 1, 2])
def test_one_that_does_not_go_on_or_lose_its_power_keeps_no_other_from_it(tmp_path: Path, stuck: int) -> None:
    three = [Machine(stuck=number == stuck) for number in range(3)]
    machines = cast("Mapping[str, VirtualMachine]", {f"node{number}": one for number, one in enumerate(three)})
    with pytest.raises(LabError, match="did not resume"), checkpoints._paused(machines):
        pass
    checkpoints.save({}, tmp_path / "saved")
    with pytest.raises(LabError, match="did not cut"):
        checkpoints.restore(machines, tmp_path / "saved")
    assert [one.done for one in three if not one.stuck] == [["pause", "resume", "cut"]] * 2


def fail(folder: Path, error: Exception) -> None:
    with checkpoints._none_left(folder):
        folder.mkdir()
        (folder / "memory").write_bytes(b"half")
        raise error
