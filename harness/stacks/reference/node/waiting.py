"""Waiting on a machine: say what is waited for, and fail with what was seen last."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

INTERVAL = 0.2
REPEAT_AFTER = 15.0


class StepError(Exception):
    """A first-boot step can't be done; the message says why."""


def say(text: str) -> None:
    """Write a line to the journal, and to the console where the unit says so."""
    print(text, flush=True)


def wait_for(what: str, look: Callable[[], str | None], *, seconds: float) -> None:
    """Look until there is nothing left to complain of.

    A look returns None when it is content, else its complaint, which is said when it is new and every 15 seconds.
    Raises `StepError` with the last complaint when the time is over; whatever a look raises passes through.
    """
    started = time.monotonic()
    said, said_at = None, 0.0
    while (complaint := look()) is not None:
        now = time.monotonic()
        if now - started >= seconds:
            raise StepError(f"waited {now - started:.0f} s for {what}: {complaint}")
        if complaint != said or now - said_at >= REPEAT_AFTER:
            say(f"waiting for {what}: {complaint}")
            said, said_at = complaint, now
        time.sleep(INTERVAL)
