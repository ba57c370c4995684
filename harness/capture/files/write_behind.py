"""A file that is written in a thread of its own, so that whoever captures never waits for a disk.

The kernel makes writers wait, for a second at times, while somebody else has written much (dirty pages).
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIMIT = 512 << 20
"""Bytes that may wait to be written; whoever writes more waits, then, rather than fill the memory."""


class WriteBehind:
    """A new file, written in order and in the background. An error of the file's is raised at the next call."""

    def __init__(self, path: Path, *, limit: int = LIMIT) -> None:
        self.on_written: Callable[[], None] | None = None
        """Called, in the thread that writes, each time when some more is in the file."""
        self._file: BinaryIO = path.open("wb", buffering=0)
        self._limit = limit
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._changed = threading.Condition()
        self._closing = False
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="harness-capture", daemon=True)
        self._thread.start()

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Take all of the data, which is copied. Raises `OSError` where an earlier part could not be written."""
        block = bytes(data)
        with self._changed:
            self._changed.wait_for(lambda: self._size < self._limit or self._error is not None)
            self._check()
            self._waiting.append(block)
            self._size += len(block)
            self._changed.notify_all()
        return len(block)

    def sync(self) -> None:
        """Wait until all that was written is in the file. Raises `OSError` where it could not be."""
        with self._changed:
            self._changed.wait_for(lambda: not self._size or self._error is not None)
            self._check()

    def close(self) -> None:
        """Write what is left, and close the file. Raises `OSError` as `sync`."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._file.close()
        self._check()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
                block = self._waiting.popleft()
            try:
                self._put(memoryview(block))
            except OSError as error:
                with self._changed:
                    self._error = error
                    self._changed.notify_all()
                return
            with self._changed:
                self._size -= len(block)
                self._changed.notify_all()
            if self.on_written is not None:
                self.on_written()

    def _put(self, left: memoryview) -> None:
        while left:
            left = left[self._file.write(left) :]
