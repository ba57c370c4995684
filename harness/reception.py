"""The reception: tells who asks, from another terminal, which lab runs here and how its machines are entered now.

It is a Unix socket in the lease's folder, so that it is open to this user alone, and gone with the sandbox.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

from harness.errors import HarnessError
from harness.machines.doors import Door
from harness.sandbox import lease
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

SOCKET = "reception"
ANSWERS_WITHIN = 5 * seconds
AGAIN = 0.1
"""Seconds after which the next visitor is let in where one could not be."""


class Reception:
    """Answers while it is open. Use it as a context manager around a lab, from before it is built."""

    def __init__(
        self, lab: str, machines: Sequence[str], folder: Path, doors: Callable[[], Mapping[str, Door]]
    ) -> None:
        self._lab = lab
        self._machines = tuple(machines)
        self._doors = doors
        self._path = folder / SOCKET
        self._closed = threading.Event()

    def __enter__(self) -> Self:
        """Open. Raises `OSError` where there can be no socket; none is left then."""
        self._path.unlink(missing_ok=True)
        with contextlib.ExitStack() as undo:
            self._server = undo.enter_context(socket.socket(socket.AF_UNIX))
            with _short(self._path) as path:
                self._server.bind(path)
            self._server.listen()
            undo.pop_all()
        self._closed.clear()
        self._thread = threading.Thread(target=self._serve, name="harness-reception", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._path.unlink(missing_ok=True)
        self._closed.set()
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._server.close()

    def _serve(self) -> None:
        while not self._closed.is_set():
            try:
                visitor, _ = self._server.accept()
            except OSError:  # closed, or this process has too many files open just now
                if self._closed.wait(AGAIN):
                    return
                continue
            with visitor, suppress(OSError):
                visitor.settimeout(ANSWERS_WITHIN.total_seconds())
                visitor.sendall(self._answer().encode())

    def _answer(self) -> str:
        doors: Mapping[str, Door] = {}
        with suppress(HarnessError, OSError):  # the lab is just being built, or taken down
            doors = self._doors()
        told = {name: asdict(door) for name, door in doors.items()}
        return json.dumps({"lab": self._lab, "machines": self._machines, "doors": told})


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """Have another path of a socket for a moment, for its own may be too long for one (unix(7))."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


@dataclass(frozen=True)
class Entrance:
    """A machine of a lab that runs: its door, None while it is off, and the init of the sandbox that the door is in."""

    machine: str
    lab: str
    door: Door | None
    init: int
    folder: Path

    @property
    def number(self) -> str:
        """What tells this lab from any other on the host: the name of its lease."""
        return self.folder.name

    def __str__(self) -> str:
        return f"{self.machine} of {self.lab} ({self.number})"


def entrances(roots: Iterable[Path]) -> Iterator[Entrance]:
    """Yield every machine of every lab that runs under some roots, as far as they are open to this user."""
    for root in roots:
        with suppress(PermissionError):
            for seen in lease.survey(root):
                if seen.alive and seen.init is not None:
                    yield from _ask(seen.folder, seen.init)


def _ask(folder: Path, init: int) -> Iterator[Entrance]:
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as asking:
        asking.settimeout(ANSWERS_WITHIN.total_seconds())
        try:
            with _short(folder / SOCKET) as path:
                asking.connect(path)
            with asking.makefile("rb") as answer:
                told = json.loads(answer.read())
        except (OSError, ValueError):  # no lab is there now, or it is stopped
            return
    for name in told["machines"]:
        door = told["doors"].get(name)
        yield Entrance(name, told["lab"], Door.from_json(door) if door else None, init, folder)
