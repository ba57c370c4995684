"""The capture of all links: frames as they pass the switch, with one clock, an interface block per link (pcapng)."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Literal, Self

from harness.capture import notes
from harness.capture.files.pcapng import Writer
from harness.capture.files.snap import Oversize
from harness.capture.files.write_behind import WriteBehind
from harness.network import channel
from harness.network.switch import offload
from harness.network.tags import MAX_FRAME

if TYPE_CHECKING:
    from pathlib import Path

    from harness.capture.notes import Note

IDLE = 0.2
"""Seconds after which the file is brought up to date."""

LIVE = 0.005
"""Seconds after which it is, at the latest, where somebody reads along."""


class Recorder:
    """Writes frames down. A link is named when it is plugged in, and keeps its number when it comes again."""

    def __init__(self, file: WriteBehind) -> None:
        self._file = file
        self._writer = Writer(file, snap=Oversize(MAX_FRAME))
        self._links: dict[str, int] = {}
        self._dirty = False
        self._live = False
        self._flushed = 0.0

    @classmethod
    def create(cls, path: Path) -> Self:
        """Create or replace the file, which can be opened as a capture at once. Raises `OSError` as `open` does."""
        recorder = cls(WriteBehind(path))
        recorder.flush()
        return recorder

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

    def note(self, note: Note) -> None:
        """Record something that the harness did just now, on a link of its own."""
        self._dirty = True
        data, link = notes.frame_of(note), self.link(notes.LINK)
        self._writer.write(data, time.time_ns(), link, comment=notes.comment_of(note))

    def wake(self, descriptor: int) -> None:
        """Have somebody read along: an event counter (eventfd(2)) that is told of each addition to the file.

        It is told in the thread that writes the file, and never waited for. Only the last reader is told.
        """
        self._file.on_written = partial(channel.raise_counter, descriptor)
        self._live = True

    def patience(self, now: float) -> float | None:
        """Return after how many seconds of silence the file has to be brought up to date, None where it is."""
        if not self._dirty:
            return None
        return max(0.0, self._flushed + LIVE - now) if self._live else IDLE

    def keep_up(self, now: float) -> None:
        """Have the file brought up to date where it has not been for long enough; sooner where somebody reads along."""
        if self._dirty and now - self._flushed >= (LIVE if self._live else IDLE):
            self.flush(wait=False)

    def flush(self, *, wait: bool = True) -> None:
        """Bring the file up to date, or, without `wait`, have that done."""
        self._writer.flush()
        self._dirty = False
        self._flushed = time.monotonic()
        if wait:
            self._file.sync()

    def close(self) -> None:
        """Flush and close the file."""
        self._writer.close()
