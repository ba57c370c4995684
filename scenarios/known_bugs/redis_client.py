"""A client of Redis that runs on a machine of the lab, so that a partition concerns it as it does that machine.

Run as ``python -m known_bugs.redis_client PROCESS SENTINEL RATE``. It asks the Sentinel beside it for the master,
writes a new key each time, and prints what became of that, a line of JSON for each, until its standard input ends.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import TYPE_CHECKING

from known_bugs.resp import Connection, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME, REDIS, SENTINEL = "known", 6379, 26379
WITHIN = 1.0
OK, FAIL, UNKNOWN = "ok", "fail", "unknown"


class Client:
    """Writes through whatever the Sentinel beside it holds for the master."""

    def __init__(self, sentinel: str) -> None:
        self._sentinel = sentinel
        self._master: Connection | None = None

    def write(self, key: str, value: str) -> str:
        """Write, and return what became of it. After anything but success the Sentinel is asked anew."""
        try:
            master = self._master = self._master or self._connect()
        except (OSError, RefusedError):
            return FAIL
        try:
            master.ask("SET", key, value)
        except RefusedError:
            outcome = FAIL
        except OSError:
            outcome = UNKNOWN
        else:
            return OK
        master.close()
        self._master = None
        return outcome

    def _connect(self) -> Connection:
        sentinel = Connection(self._sentinel, SENTINEL, WITHIN)
        try:
            found = sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)
        finally:
            sentinel.close()
        if not isinstance(found, list):
            raise RefusedError(f"no master {NAME} is known")
        return Connection(str(found[0]), int(str(found[1])), WITHIN)


def history(client: Client, process: int, period: float, stop: threading.Event) -> Iterator[dict[str, object]]:
    """Write until it is stopped, at most one key each period; yield what became of it (docs/checks.md)."""
    number = 0
    while not stop.wait(period):
        number += 1
        key = f"{process}/{number}"
        call = time.monotonic_ns()
        outcome = client.write(key, key)
        over = None if outcome == UNKNOWN else time.monotonic_ns()
        yield {"process": process, "key": key, "op": "write", "value": key, "call": call, "return": over} | {
            "outcome": outcome
        }


def main(process: str, sentinel: str, rate: str) -> None:
    """Write until the standard input ends."""
    stop = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        stop.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    for line in history(Client(sentinel), int(process), 1 / float(rate), stop):
        print(json.dumps(line))  # noqa: T201 - its output is the history


if __name__ == "__main__":
    main(*sys.argv[1:])
