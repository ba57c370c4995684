"""One virtual machine, saved and put back: its memory, its devices, its disk and its NVRAM, in a folder.

Memory that is a file of its own is copied beside the state of the devices, which QEMU writes without it then
(``x-ignore-shared``). Clones have that copy as their memory, each keeping its changes to itself. A clone has no file of
its own, so QEMU writes its memory into the state (see docs/decisions/0009).
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from harness.errors import LabError
from harness.machines.memory import copy_sparse
from harness.sandbox.waiting import Patience, wait_until
from harness.units import milliseconds, seconds

if TYPE_CHECKING:
    from pathlib import Path

    from harness.machines.memory import Memory
    from harness.machines.monitor import Monitor

STATE = "state"
MEMORY = "memory"
NVRAM = "nvram.fd"
FACTS = "machine.json"

WITHIN = 20 * seconds
INTERVAL = 5 * milliseconds
BANDWIDTH = 1 << 34
"""Bytes in a second: QEMU's own limit is for networks."""


@dataclass(frozen=True)
class Facts:
    """What is noted beside a saved machine: whether it was on, whether its memory is a file, which cables it saw."""

    on: bool
    memory: bool
    carriers: tuple[bool, ...]

    def write(self, folder: Path) -> None:
        """Write them into a saved machine's folder."""
        (folder / FACTS).write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, folder: Path) -> Facts:
        """Read them. Raises `LabError` where they are not there, or not ours."""
        try:
            given = json.loads((folder / FACTS).read_text())
            return cls(bool(given["on"]), bool(given["memory"]), tuple(map(bool, given["carriers"])))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise LabError(f"{folder} holds no saved machine: {error}") from error


def save_running(monitor: Monitor, folder: Path, memory: Memory, patience: Patience) -> None:
    """Write a paused machine's devices and memory into a folder. Raises `LabError`, `OSError`."""
    _ignore_shared(monitor, ignore=memory.shared)
    monitor("migrate-set-parameters", max_bandwidth=BANDWIDTH)
    monitor.give(STATE, folder / STATE, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    monitor("migrate", uri=f"fd:{STATE}")
    _wait(monitor, "the machine's state to be written", patience)
    if memory.shared:
        copy_sparse(memory.path, folder / MEMORY)


def load_running(monitor: Monitor, folder: Path, saved: Facts, patience: Patience) -> None:
    """Give a domain that is incoming the state that was saved; it stays paused. Raises `LabError`."""
    _ignore_shared(monitor, ignore=saved.memory)
    monitor.give(STATE, folder / STATE, os.O_RDONLY)
    monitor("migrate-incoming", uri=f"fd:{STATE}")
    _wait(monitor, "the machine's state to be loaded", patience)


def copy_nvram(source: Path, target: Path) -> None:
    """Copy the firmware's variables, where the machine has any."""
    if source.exists():
        shutil.copyfile(source, target)


def _ignore_shared(monitor: Monitor, *, ignore: bool) -> None:
    monitor("migrate-set-capabilities", capabilities=[{"capability": "x-ignore-shared", "state": ignore}])


def _wait(monitor: Monitor, what: str, patience: Patience) -> None:
    def look() -> bool:
        answer = monitor("query-migrate")
        if answer.get("status") == "failed":
            raise LabError(f"QEMU gave up on {what}: {answer.get('error-desc', 'it does not say why')}")
        return bool(answer.get("status") == "completed")

    wait_until(what, look, within=WITHIN, patience=patience, interval=INTERVAL)
