"""How signals go along the row of processes that hold a sandbox (see `harness.sandbox.supervisor`).

Ctrl-C at a terminal reaches all of them, and only the test process heeds it. An interrupt that a process has sent, to
the caller alone or to its whole group, goes down the row as `INTERRUPT`; the test process may have it twice then.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    Handler = Callable[[int, FrameType | None], object]

INTERRUPT = signal.SIGUSR1
"""Asks a process of the row to have the test process interrupted."""

PASSED_ON = {signal.SIGINT: INTERRUPT, signal.SIGTERM: signal.SIGTERM, signal.SIGHUP: signal.SIGHUP}
"""What the caller passes on, and as what."""

SAME = 1.0
"""Seconds within which a second interrupt is the first one, come another way."""


def is_heeded(number: signal.Signals) -> bool:
    """Say whether a signal is not ignored, as nohup(1) has it, and shells of what they run in the background."""
    return signal.getsignal(number) is not signal.SIG_IGN


def hold_back() -> set[signal.Signals]:
    """Have the signals that `pass_on` is about wait for it, and return what was blocked before."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {*PASSED_ON, signal.SIGCHLD})
    return {signal.Signals(number) for number in before}


def pass_on(child: int) -> int:
    """Pass signals on to a child until it ends, and return its wait status. Needs `hold_back`."""
    awaited = {signal.SIGCHLD, *filter(is_heeded, PASSED_ON)}
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        seen = signal.sigwaitinfo(awaited)
        number = signal.Signals(seen.si_signo)
        from_terminal = number == signal.SIGINT and seen.si_code > 0  # sent by the kernel, which sent it to all
        if number in PASSED_ON and not from_terminal:
            os.kill(child, PASSED_ON[number])


def to(process: int, number: signal.Signals) -> Handler:
    """Return a handler that sends a process this signal instead of the one that came."""

    def handler(_number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            os.kill(process, number)

    return handler


def once(handler: Handler, *, clock: Callable[[], float] = time.monotonic) -> Handler:
    """Return a handler that leaves out what comes within `SAME` seconds after it was last called."""
    last = -math.inf

    def first_only(number: int, frame: FrameType | None) -> object:
        nonlocal last
        __tracebackhide__ = True  # pytest tells where a test was interrupted, which is not here
        before, last = last, clock()
        return handler(number, frame) if last - before > SAME else None

    return first_only
