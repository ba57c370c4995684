"""What readers of both formats have in common: a file is read a window at a time, and frames are taken out of that."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.capture.files.source import Source
    from harness.capture.frames import Frame

WINDOW = 1 << 20
"""Bytes that are asked for at once."""


class Windowed(ABC):
    """Frames of a file called `name`, which may still grow: iterating again goes on where the last iteration ended.

    `count` is the number of frames that were read so far, and `began` the time of the first, None before it was read.
    """

    record: ClassVar[str]
    """What the format calls the piece of a file that holds a frame."""

    def __init__(self, file: Source, name: str) -> None:
        self.count = 0
        self.began: int | None = None
        self._file = file
        self._name = name
        self._data = b""
        self._at = 0
        self._base = 0
        """Where in the file the window starts."""

    @property
    def truncated(self) -> str | None:
        """Say where the file ends within a record, or None."""
        rest = len(self._data) - self._at
        if not rest:
            return None
        return f"{self._name}: the last {self.record}, at byte {self._base + self._at}, is cut off after {rest} bytes"

    def __iter__(self) -> Iterator[Frame]:
        while more := self._file.read(WINDOW):
            self._base += self._at
            self._data = self._data[self._at :] + more
            self._at = 0
            yield from self._frames()

    @abstractmethod
    def _frames(self) -> Iterator[Frame]:
        """Yield the frames that are whole in the window, and move on behind each."""
