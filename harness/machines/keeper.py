"""The service on a machine that keeps a word, sets the clock, clears memory and looks at the machine's own health.

It is asked through a hypervisor's port.

It needs no network of the lab, so that nothing of it is on the wire, and answers when a machine is just back.
"""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from harness.errors import LabError
from harness.machines.console import Console
from harness.sandbox.waiting import NotSeen, wait_until
from harness.units import milliseconds, seconds

if TYPE_CHECKING:
    from pathlib import Path

    from harness.sandbox.waiting import Patience

PORT = "org.harness.keeper"
ASK_AGAIN = 1 * seconds
"""A machine whose service is not there yet hears nothing."""


@dataclass(frozen=True)
class Kept:
    """What a machine said: the word that it keeps, and how far its clock is behind ours.

    That is `behind` as the answer comes, its way included, and `at_least` as the question left. The clock was read
    somewhere between, which is seconds on a busy host.
    """

    word: str
    behind: timedelta
    at_least: timedelta


class Keeper:
    """The harness's end of the port. QEMU connects to its socket, as to a console's."""

    def __init__(self, path: Path, log: Path, machine: str, patience: Patience) -> None:
        self._port = Console(path, log)
        self._machine = machine
        self._patience = patience
        self._since = 0

    @property
    def path(self) -> Path:
        """The socket."""
        return self._port.path

    def is_there(self) -> bool:
        """Say whether the machine's service has said anything since the machine was powered on."""
        return len(self._port) > self._since

    def forget(self) -> None:
        """Take what was said until now for that of another service: the machine has lost its power."""
        self._since = len(self._port)

    def keep(self, word: str, *, within: timedelta) -> Kept:
        """Have the machine keep a word, a token without spaces, in memory. Raises `LabError` where it does not."""
        asked = time.time()
        answer = self._ask(f"keep {word}", rf"^kept {re.escape(word)} (\d+\.\d+)$", within)
        return Kept(word, *_behind(answer[1], asked))

    def advance(self, by: timedelta, *, within: timedelta) -> Kept:
        """Set the machine's clock forward by the time that it stood still, and return what it keeps.

        Raises `LabError` where it does not answer. However long the answer takes, the clock is right: a machine that is
        told what time it is would be behind by the time that it took to hear that.
        """
        token = secrets.token_hex(4)
        told = f"advance {token} {by.total_seconds():.6f}"
        asked = time.time()
        answer = self._ask(told, rf"^advanced {token} (\d+\.\d+) ?(.*)$", within)
        return Kept(answer[2], *_behind(answer[1], asked))

    def tidy(self, *, within: timedelta) -> None:
        """Have the machine forget the files that it does not use, and clear its free memory: zeros take no room.

        Raises `LabError` where it does not answer.
        """
        token = secrets.token_hex(4)
        self._ask(f"tidy {token}", rf"^tidied {token}$", within)

    def dial(self, *, within: timedelta) -> None:
        """Have the machine make a connection to each of its health endpoints, for `look`. Raises as `tidy`.

        It has them in memory then, so that they are there when that comes back: nobody has to shake hands.
        """
        token = secrets.token_hex(4)
        self._ask(f"dial {token}", rf"^dialled {token}$", within)

    def look(self, *, within: timedelta) -> dict[str, int]:
        """Have the machine ask its own health endpoints, all at once; return their HTTP statuses, by service.

        0 is one that did not answer, or not in HTTP. A machine that was told of no endpoints has none. Raises as
        `tidy`.
        """
        token = secrets.token_hex(4)
        answer = self._ask(f"look {token}", rf"^looked {token} ?(.*)$", within)
        return {service: int(status) for service, _, status in (word.partition("=") for word in answer[1].split())}

    def close(self) -> None:
        """Stop listening."""
        self._port.close()

    def _ask(self, line: str, answer: str, within: timedelta) -> re.Match[str]:
        start = len(self._port)
        asked = [0.0]

        def look() -> re.Match[str] | None:
            found = self._port.find(answer, start=start)
            if found is None and time.monotonic() - asked[0] >= ASK_AGAIN.total_seconds():
                asked[0] = time.monotonic()
                self._send(line)
            return found

        try:
            return wait_until(answer, look, within=within, patience=self._patience, interval=5 * milliseconds)
        except NotSeen as late:
            raise LabError(f"its keeper did not answer {line!r}: {late}", machine=self._machine) from late

    def _send(self, line: str) -> None:
        try:
            self._port.send(f"{line}\n")
        except OSError:  # no emulator is there yet, or it has just gone
            return


def _behind(clock: str, asked: float) -> tuple[timedelta, timedelta]:
    return timedelta(seconds=time.time() - float(clock)), timedelta(seconds=asked - float(clock))
