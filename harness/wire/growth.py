"""Wakes those who wait for frames: the network raises a counter whenever its capture has grown."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Growth:
    """Wakes whoever waits for frames. `subscribe` is handed an event counter (eventfd(2)) that is raised from then on.

    A thread waits for the counter, from the first wait on; nothing is read or decoded in it. However often the counter
    is raised meanwhile, one wake follows, so that nobody is ever behind with being woken.
    """

    def __init__(self, subscribe: Callable[[int], object]) -> None:
        self._subscribe = subscribe
        self._lock = threading.Lock()
        self._sleepers: set[threading.Event] = set()
        self._counter: int | None = None
        self._thread: threading.Thread | None = None
        self._closing = False

    @contextlib.contextmanager
    def waking(self) -> Iterator[threading.Event]:
        """Give an event that is set each time when there is more to read, while the block lasts."""
        sleeper = threading.Event()
        self._start()
        with self._lock:
            self._sleepers.add(sleeper)
        try:
            yield sleeper
        finally:
            with self._lock:
                self._sleepers.discard(sleeper)

    def close(self) -> None:
        """Stop waking. Twice is harmless."""
        with self._lock:
            self._closing = True
            counter, self._counter = self._counter, None
        if counter is not None and self._thread is not None:
            os.eventfd_write(counter, 1)
            self._thread.join()
            os.close(counter)

    def _start(self) -> None:
        with self._lock:
            if self._counter is not None or self._closing:
                return
            counter = os.eventfd(0)
            try:
                self._subscribe(counter)
            except BaseException:
                os.close(counter)
                raise
            self._counter = counter
            self._thread = threading.Thread(target=self._run, args=(counter,), name="harness-wire", daemon=True)
            self._thread.start()

    def _run(self, counter: int) -> None:
        while True:
            os.eventfd_read(counter)
            with self._lock:
                if self._closing:
                    return
                for sleeper in self._sleepers:
                    sleeper.set()
