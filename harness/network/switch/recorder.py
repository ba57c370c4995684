"""The capture of all links: frames as they pass the switch, with one clock, an interface block per link (pcapng)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal, Self

from harness.capture.pcapng import Writer
from harness.capture.snap import kept_length
from harness.capture.write_behind import WriteBehind
from harness.network.switch import offload
from harness.network.switch.core import MAX_FRAME

if TYPE_CHECKING:
    from pathlib import Path

    from harness.capture.pcapng import Octets


BULK_HEAD = 512
"""Bytes that are kept of a frame longer than any cable carries: bulk TCP, at gigabytes a second."""


def kept(frame: Octets) -> int:
    """Return how many leading bytes of a frame are kept: of one that is yet to be segmented, `BULK_HEAD` at most."""
    return kept_length(frame) if len(frame) <= MAX_FRAME else BULK_HEAD


class Recorder:
    """Writes frames down. A link is named when it is plugged in, and keeps its number when it comes again."""

    def __init__(self, file: WriteBehind) -> None:
        self._file = file
        self._writer = Writer(file, snap=kept)
        self._links: dict[str, int] = {}
        self._dirty = False

    @classmethod
    def create(cls, path: Path) -> Self:
        """Create or replace the file. Raises `OSError` as `open` does."""
        return cls(WriteBehind(path))

    @property
    def dirty(self) -> bool:
        """Whether frames were recorded since the last flush."""
        return self._dirty

    def link(self, name: str) -> int:
        """Return the number of a link."""
        if name not in self._links:
            self._links[name] = self._writer.add_interface(name)
        return self._links[name]

    def record(self, link: int, data: bytes, direction: Literal["in", "out"]) -> None:
        """Record a frame, which stands behind its offload header, as seen now on a link.

        Its direction is the switch's: ``in`` is what the link's first end sent.
        """
        self._dirty = True
        self._writer.write(memoryview(data)[offload.LENGTH :], time.time_ns(), link, direction=direction)

    def flush(self, *, wait: bool = True) -> None:
        """Bring the file up to date, or, without `wait`, have that done."""
        self._writer.flush()
        self._dirty = False
        if wait:
            self._file.sync()

    def close(self) -> None:
        """Flush and close the file."""
        self._writer.close()
