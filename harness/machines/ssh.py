"""A thin SSH client: one known host key, one lab key, commands as lists of words, and no silence when it fails.

Paramiko does the protocol; this module decides what is worth another try, and what an error says. It is imported when
a session is opened, not before.
"""

from __future__ import annotations

import selectors
import shlex
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Self

import paramiko

from harness.errors import LabError
from harness.machines.commands import Completed, shown, tail
from harness.machines.ssh_transport import Refused, Target, connect
from harness.sandbox.waiting import HEALTHY, NotSeen, Patience, wait_until
from harness.units import format_duration, milliseconds, minutes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from harness.machines.keys import KeyPair

PORT = 22

TRANSFER_LIMIT = 1 * minutes
RETRY_INTERVAL = 200 * milliseconds

CHUNK = 1 << 16
NO_STATUS = -1

PUT = """\
set -eu
temporary="$1.part"
trap 'rm -f "$temporary"' EXIT
umask 077
cat >"$temporary"
[ "$(wc -c <"$temporary")" -eq "$3" ]
chmod "$2" "$temporary"
mv "$temporary" "$1"
"""
"""Writes standard input to file $1 with mode $2, where all $3 bytes came: a cut connection ends the input, too."""


class SshError(LabError):
    """An SSH session could not do what was asked; `message` is what happened, without the machine and its output."""

    def __init__(self, message: str, *, machine: str, console: Sequence[str] = ()) -> None:
        self.message = message
        super().__init__(message, machine=machine, console=console)


class CommandFailed(SshError):  # noqa: N818 - reads as what happened, like subprocess.TimeoutExpired
    """A command ended with a status other than 0. Carries what it left as `completed`."""

    def __init__(self, completed: Completed, *, machine: str) -> None:
        self.completed = completed
        message = f"`{shown(completed.command)}` ended with status {completed.status}"
        super().__init__(message, machine=machine, console=tail(completed.stdout, completed.stderr))


class SshSession:
    """An authenticated connection to one machine. It may run several commands at a time, from several threads."""

    def __init__(self, transport: paramiko.Transport, *, machine: str, patience: Patience = HEALTHY) -> None:
        self._transport = transport
        self._patience = patience
        self.machine = machine

    @classmethod
    def connect(
        cls,
        address: str,
        *,
        key: KeyPair,
        host_key: str,
        within: timedelta,
        patience: Patience = HEALTHY,
        username: str = "root",
        port: int = PORT,
        machine: str | None = None,
    ) -> SshSession:
        """Open a session, trying again while nobody listens yet.

        `host_key` is the one public key that the machine may show (``ssh-ed25519 AAAA…``, as in known_hosts without
        the name). `within` is stretched by `patience`, here and in the session's own calls. `machine` names the machine
        in errors; without it the address does.

        Raises `SshError`: at once where the host key differs or the machine does not accept our key, and after
        `within` where no SSH server answered, with what the last try met.
        """
        name = machine or address
        target = Target(address, port, username, key, host_key)
        deadline = time.monotonic() + patience.stretch(within).total_seconds()
        last: list[str] = ["nothing tried"]

        def attempt() -> paramiko.Transport | None:
            try:
                return connect(target, patience, left=max(0.1, deadline - time.monotonic()))
            except (OSError, EOFError, paramiko.SSHException) as error:
                last[0] = str(error) or type(error).__name__
                return None

        where = f"{username}@{address}:{port}"
        try:
            transport = wait_until(
                f"an SSH session with {where}",
                attempt,
                within=within,
                patience=patience,
                interval=RETRY_INTERVAL,
                show=lambda: last[0],
            )
        except Refused as answer:
            raise SshError(f"SSH to {where}: {answer}", machine=name) from None
        except NotSeen as late:
            waited = format_duration(late.waited or within)
            raise SshError(f"no SSH session with {where} in {waited}; last try: {last[0]}", machine=name) from late
        return cls(transport, machine=name, patience=patience)

    def run(
        self, command: Sequence[str], *, within: timedelta, stdin: bytes | None = None, check: bool = True
    ) -> Completed:
        """Run a command, given as its words, feed it `stdin`, and return what it left.

        Raises `CommandFailed` where `check` is set and the status is not 0, and `SshError` where the command does not
        end in time (it may go on over there) or the connection is lost, both with its last output.
        """
        words = tuple(command)
        bound = self._patience.stretch(within)
        running = _Running(words, self._start(words, bound), bound, self.machine)
        completed = running.finish(stdin or b"")
        if check and completed.status != 0:
            raise CommandFailed(completed, machine=self.machine)
        return completed

    def put(self, path: str, content: bytes, mode: int = 0o644, *, within: timedelta = TRANSFER_LIMIT) -> None:
        """Write a file whole or not at all; it is readable by root alone until it has its mode.

        The folder must exist. Raises `SshError` as `run` does.
        """
        self.run(["sh", "-c", PUT, "sh", path, f"{mode:04o}", str(len(content))], within=within, stdin=content)

    def alive(self) -> bool:
        """Return whether the connection stands, as far as TCP knows; a machine that lost power looks alive for long."""
        return bool(self._transport.is_active())

    def close(self) -> None:
        """Close the connection; closing twice is harmless."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self, words: tuple[str, ...], bound: timedelta) -> paramiko.Channel:
        try:
            channel = self._transport.open_session(timeout=bound.total_seconds())
            channel.exec_command(shlex.join(words))
        except (OSError, EOFError, paramiko.SSHException) as error:
            why = str(error) or "connection lost"
            raise SshError(f"`{shown(words)}` could not be started over SSH: {why}", machine=self.machine) from error
        return channel


class _Running:
    """A command under way: drains both outputs in step, so that neither can block the other."""

    def __init__(self, words: tuple[str, ...], channel: paramiko.Channel, bound: timedelta, machine: str) -> None:
        self._words = words
        self._channel = channel
        self._bound = bound
        self._machine = machine
        self._started = time.monotonic()
        self._stdout = bytearray()
        self._stderr = bytearray()

    def finish(self, stdin: bytes) -> Completed:
        """Feed the command, collect what it writes, and wait for its status."""
        feeder = threading.Thread(target=self._feed, args=(stdin,), name="harness-ssh-stdin", daemon=True)
        feeder.start()
        try:
            self._drain()
            status = self._status()
        finally:
            self._channel.close()
            feeder.join()
        return Completed(self._words, status, bytes(self._stdout), bytes(self._stderr), self._passed())

    def _feed(self, stdin: bytes) -> None:
        try:
            self._channel.sendall(stdin)
            self._channel.shutdown_write()
        except OSError:
            # The command ended before it had read everything: its status says whether that is wrong.
            return

    def _drain(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._channel, selectors.EVENT_READ)
            while not self._read_ready():
                if not selector.select(self._left()):
                    raise self._failure(f"did not end within {format_duration(self._bound)}")

    def _read_ready(self) -> bool:
        """Take what has arrived, and return whether that was the end."""
        ended = bool(self._channel.eof_received or self._channel.closed)
        while self._channel.recv_ready():
            self._stdout += self._channel.recv(CHUNK)
        while self._channel.recv_stderr_ready():
            self._stderr += self._channel.recv_stderr(CHUNK)
        return ended

    def _status(self) -> int:
        if not self._channel.status_event.wait(self._left()):
            raise self._failure(f"closed its output but did not end within {format_duration(self._bound)}")
        status = self._channel.recv_exit_status()
        if status == NO_STATUS:
            why = "was ended by a signal" if self._channel.get_transport().is_active() else "lost its connection"
            raise self._failure(f"{why} after {format_duration(self._passed())}")
        return status

    def _left(self) -> float:
        return max(0.0, (self._bound - self._passed()).total_seconds())

    def _passed(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self._started)

    def _failure(self, what: str) -> SshError:
        return SshError(
            f"`{shown(self._words)}` {what}", machine=self._machine, console=tail(self._stdout, self._stderr)
        )
