"""Ending what the main thread does, from another thread, where there is no use in going on: a switch has died."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType, TracebackType

SIGNAL = signal.SIGUSR1


class Alarm:
    """An error that another thread rings with. It is raised in the main thread, at once where that is `listening`.

    Use it as a context manager, in the main thread: the signal by which it works (SIGUSR1) is its own that long.
    """

    def __init__(self) -> None:
        self.rung: Exception | None = None
        """What it was rung with, if it was."""
        self._listening = False
        self._change = threading.Lock()
        self._signal_is_ours = False

    def ring(self, error: Exception) -> None:
        """End what the main thread does with this error. Only the first counts. From any thread, at any time."""
        with self._change:
            if self.rung is None:
                self.rung = error
                if self._signal_is_ours:  # else it would end this process
                    os.kill(os.getpid(), SIGNAL)

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Raise what was rung, before or within this block."""
        self._listening = True
        try:
            self._answer()
            yield
        finally:
            self._listening = False

    def __enter__(self) -> Self:
        self._before = signal.signal(SIGNAL, self._on_signal)
        self._signal_is_ours = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._change:
            self._signal_is_ours = False
        signal.signal(SIGNAL, self._before)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._answer()

    def _answer(self) -> None:
        if self.rung is not None and self._listening and threading.current_thread() is threading.main_thread():
            self._listening = False
            raise self.rung
