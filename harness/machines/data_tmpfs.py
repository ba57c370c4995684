"""A tmpfs of a machine's own for its data, which can be full without taking any memory for that."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from harness.errors import LabError
from harness.sandbox import linux

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "harness-data"
ROOM = "size=100%,mode=0700"
PROBE = bytes(64 << 10)
TRIES = 50
"""Whoever writes while the room is measured makes the kernel refuse what was measured (tmpfs(5), ``size``)."""


class DataTmpfs:
    """A mounted tmpfs, in the mount namespace of this process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def mount(cls, folder: Path) -> DataTmpfs:
        """Mount a new one on a folder, which is made where it is missing. Raises `OSError`."""
        folder.mkdir(parents=True, exist_ok=True)
        linux.mount(SOURCE, folder, "tmpfs", data=ROOM)
        return cls(folder)

    def unmount(self) -> None:
        """Give its memory back, with all that is on it. Raises `OSError`."""
        linux.unmount(self._folder)

    def fill(self) -> None:
        """Make it no larger than what is on it. Raises `LabError` where it grows too fast for that."""
        for _ in range(TRIES):
            there = os.statvfs(self._folder)
            try:
                self._resize(f"size={max(1, there.f_blocks - there.f_bfree) * there.f_frsize}")
            except OSError:
                continue
            return
        raise LabError(f"{self._folder} could not be filled: it grew whenever it was looked at")

    def free(self) -> None:
        """Give it all the room again that it had."""
        self._resize(ROOM)

    def try_write(self) -> str:
        """Write 64 KiB and sync; return what the system has against that, nothing where it was taken."""
        probe = self._folder / f".harness-{secrets.token_hex(4)}"
        try:
            with probe.open("wb", buffering=0) as file:
                written = file.write(PROBE)
                os.fsync(file)
        except OSError as error:
            return error.strerror or str(error)
        finally:
            probe.unlink(missing_ok=True)
        return "" if written == len(PROBE) else f"only {written} of {len(PROBE)} bytes were written"

    def _resize(self, options: str) -> None:
        linux.mount(SOURCE, self._folder, "tmpfs", linux.MS_REMOUNT, options)
