"""What can be told of a lab's checkpoint without a guest; with guests: tests/machines/test_checkpoint.py, scenarios."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from harness import checkpoints
from harness.checkpoints import LAB, Saved
from harness.errors import HostError, LabError
from harness.machines.checkpoint_store import Spoiled


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


def fail(folder: Path, error: Exception) -> None:
    with checkpoints._none_left(folder):
        folder.mkdir()
        (folder / "memory").write_bytes(b"half")
        raise error
