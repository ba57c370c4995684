"""A helper process of a network: started, told what to do, and watched; its death is an error at once.

It runs as ``python -m MODULE DESCRIPTOR``; the descriptor is a Unix stream socket (`harness.network.channel`).
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessBug, HostError, LabError, Missing
from harness.network import channel
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from harness.sandbox.netns import NetworkNamespace

ANSWER_WITHIN = 20 * seconds
"""How long a process may take to answer; none does anything that lasts longer than a second."""

LAST_WORDS = 20


class HelperProcess:
    """A process that writes a capture. `on_death` is called, in a thread of its own, where it dies unasked.

    `what` is what it is called in messages; what it prints goes into a log beside the capture.
    """

    def __init__(
        self,
        module: str,
        what: str,
        capture: Path,
        *,
        namespace: NetworkNamespace,
        on_death: Callable[[LabError], None] | None = None,
    ) -> None:
        self._module = module
        self._what = what
        self._capture = capture
        self._namespace = namespace
        self._on_death = on_death
        self._lock = threading.Lock()
        self._stopping = False
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._numbers = itertools.count(1)

    @property
    def pid(self) -> int | None:
        """The process's identifier, None where it is not running."""
        return self._process.pid if self._process else None

    def launch(self, settings: Mapping[str, object]) -> None:
        """Start the process; returns when it answers. Raises `LabError` with its last words where it fails."""
        self._stopping = False
        try:
            process = self._begin()
            self.exchange(settings, "start")
        except BaseException:
            self._let_go()
            raise
        threading.Thread(target=self._watch, args=(process,), name="harness-watch", daemon=True).start()

    def exchange(self, message: Mapping[str, object], what: str, descriptors: Sequence[int] = ()) -> tuple[Any, int]:
        """Return the answer to a message, and when it had been carried out, in nanoseconds since 1970.

        Raises `LabError` with the process's last words where it is not there, `HostError` where the host does not let
        it, `HarnessBug` where it refuses.
        """
        with self._lock:
            if self._control is None:
                raise LabError(f"{self._what} was asked to {what} while it was not running")
            number = next(self._numbers)
            try:
                channel.send(self._control, {**message, "question": number}, descriptors)
                answer = self._answer_to(number)
            except (OSError, EOFError) as error:
                raise self._died(f"did not {what}") from error
        if "missing" in answer:
            raise HostError(Missing(f"{self._what} did not {what}: {answer['missing'][0]}", answer["missing"][1]))
        if "error" in answer:
            raise HarnessBug(f"{self._what} refused: {answer['error']}")
        return answer["answer"], answer.get("at", 0)

    def stop(self) -> None:
        """Stop the process after its capture is whole. Raises `LabError` where it had died. Twice is harmless."""
        if self._process is None:
            return
        self._stopping = True
        try:
            self.exchange({"do": "stop"}, "stop")
        finally:
            self._let_go()

    def _begin(self) -> subprocess.Popen[bytes]:
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        control.settimeout(ANSWER_WITHIN.total_seconds())
        self._control, self._inbox = control, channel.Inbox(control)
        with theirs, self._log().open("wb") as log:
            self._process = self._namespace.popen(
                [sys.executable, "-m", self._module, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        return self._process

    def _answer_to(self, number: int) -> Any:  # noqa: ANN401 - JSON
        """Return the answer to a question; answers to earlier ones, whose asker gave up, are dropped."""
        while (answer := self._inbox.receive())["question"] != number:
            pass
        return answer

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for the process to end, and report an end that nobody asked for."""
        process.wait()
        if not self._stopping and self._on_death is not None:
            self._on_death(self._died(f"ended with status {process.returncode}"))

    def _died(self, what: str) -> LabError:
        log = self._log()
        words = log.read_text(errors="replace").splitlines()[-LAST_WORDS:] if log.exists() else []
        return LabError(f"{self._what} {what}", console=words, evidence=self._capture.parent)

    def _log(self) -> Path:
        return self._capture.with_suffix(".log")

    def _let_go(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
            self._process.kill()
            self._process.wait()
            self._process = None
