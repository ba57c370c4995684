"""A machine's serial console: read from the first byte, kept with times, searched by those who wait for a line."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from harness.sandbox.waiting import HEALTHY, Patience, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta
    from pathlib import Path

    from harness.machines.terminal import Terminal

ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])|[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]")
"""Terminal control sequences (ECMA-48) and control characters other than line ends."""

LINE_END = re.compile(rb"\r\n|\n|\r")
PARTIAL_AFTER = 0.5
"""Seconds of silence after which an unfinished line, such as a prompt, counts as a line."""


@dataclass(frozen=True)
class ConsoleLine:
    """One line as it appeared: `time` is when its first byte came, in nanoseconds of the wall clock."""

    time: int
    text: str


class Console:
    """The reading end of a serial port. QEMU connects to its socket, so nothing is printed before it listens."""

    def __init__(self, path: Path, log: Path, terminal: Terminal | None = None) -> None:
        self.path = path
        self.log = log
        self._lines: list[ConsoleLine] = []
        self._listeners: list[Callable[[ConsoleLine], None]] = []
        self._terminal = terminal
        if terminal is not None:
            terminal.connect(self._send)
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen(1)
        self._connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, name=f"console-{path.stem}", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        """Return how many lines there are: a position to search from later."""
        return len(self._lines)

    def on_line(self, listener: Callable[[ConsoleLine], None]) -> Callable[[], None]:
        """Have a function called, in the console's own thread, with each line from now on; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def lines(self, start: int = 0) -> Sequence[ConsoleLine]:
        """Return the lines from a position on."""
        return tuple(self._lines[start:])

    def tail(self, count: int = 15) -> list[str]:
        """Return the texts of the last lines."""
        return [line.text for line in self._lines[-count:]]

    def find(self, pattern: str, *, start: int = 0) -> re.Match[str] | None:
        """Return the first match of a regular expression in the lines from a position on, or None."""
        compiled = re.compile(pattern)
        return next((match for line in self.lines(start) if (match := compiled.search(line.text))), None)

    def wait_for(
        self, pattern: str, *, start: int = 0, within: timedelta, patience: Patience = HEALTHY
    ) -> re.Match[str]:
        """Wait for a line that matches. Raises `NotSeen`, showing the last line, where none comes in time."""
        wake = threading.Event()
        forget = self.on_line(lambda _: wake.set())
        try:
            return wait_until(
                f"a console line that matches {pattern!r}",
                lambda: self.find(pattern, start=start),
                within=within,
                patience=patience,
                wake=wake,
                show=lambda: (self.tail(1) or ["nothing"])[0],
            )
        finally:
            forget()

    def send(self, text: str) -> None:
        """Type on the console. Raises `ConnectionError` where no machine is at the other end."""
        self._send(text.encode())

    def close(self) -> None:
        """Stop listening, and end the log with what is left."""
        for open_socket in (self._server, self._connection):
            if open_socket is not None:
                _shut(open_socket)
        self._thread.join(timeout=2)
        if self._terminal is not None:
            self._terminal.close()

    def _send(self, data: bytes) -> None:
        connection = self._connection
        if connection is None:
            raise ConnectionError(f"no machine is connected to the console {self.path.stem}")
        connection.sendall(data)

    def _serve(self) -> None:
        with self.log.open("ab", buffering=0) as log:
            while True:
                try:
                    self._connection, _ = self._server.accept()
                except OSError:  # closed
                    return
                with self._connection:
                    self._read(self._connection, _LineLog(log.write, self._add))
                self._connection = None

    def _read(self, connection: socket.socket, lines: _LineLog) -> None:
        connection.settimeout(PARTIAL_AFTER)
        while True:
            try:
                data = connection.recv(1 << 16)
            except TimeoutError:
                lines.finish()
                continue
            except OSError:
                data = b""
            if not data:
                lines.finish()
                return
            lines.feed(data)
            if self._terminal is not None:
                self._terminal.show(data)

    def _add(self, line: ConsoleLine) -> None:
        self._lines.append(line)
        for listener in tuple(self._listeners):
            listener(line)


class _LineLog:
    """Cuts a stream of bytes into clean lines with the time of their first byte."""

    def __init__(self, write: Callable[[bytes], object], emit: Callable[[ConsoleLine], None]) -> None:
        self._write = write
        self._emit = emit
        self._pending = b""
        self._since = 0
        self._lost = False

    def feed(self, data: bytes) -> None:
        """Take what has just come."""
        if not self._pending:
            self._since = time.time_ns()
        *whole, self._pending = LINE_END.split(self._pending + data)
        for raw in whole:
            self._line(raw)
        if whole:
            self._since = time.time_ns()

    def finish(self) -> None:
        """Make a line of what has come without a line end."""
        if self._pending:
            self._line(self._pending)
            self._pending = b""

    def _line(self, raw: bytes) -> None:
        text = ESCAPES.sub(b"", raw).decode(errors="replace").rstrip()
        if not text:
            return
        line = ConsoleLine(self._since, text)
        stamp = datetime.fromtimestamp(line.time / 1e9, UTC).isoformat(timespec="milliseconds")
        try:
            self._write(f"{stamp} {text}\n".encode())
        except OSError as error:  # whoever waits for a line gets it all the same
            if not self._lost:
                self._emit(ConsoleLine(self._since, f"(lines are missing from the log: {error.strerror})"))
            self._lost = True
        self._emit(line)


def _shut(open_socket: socket.socket) -> None:
    with contextlib.suppress(OSError):  # nobody is connected
        open_socket.shutdown(socket.SHUT_RDWR)
    open_socket.close()
