"""Children that do one thing and end: whatever goes wrong in one, it never goes on as a copy of its parent."""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FAILED = 1


def fork(action: Callable[[], int]) -> int:
    """Start a child that ends with the status that `action` returns; return its process.

    An exception there is printed, and the status is 1. Raises `OSError` where no process can be had.
    """
    child = os.fork()
    if child:
        return child
    status = FAILED
    try:
        status = action()
    except BaseException:  # noqa: BLE001 - nobody is there to whom it could be raised
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)
