"""The switch's process: ``python -m harness.network.switch.process DESCRIPTOR``.

The descriptor is a Unix stream socket. Its first message says where the capture goes and where random choices start;
then commands come and are answered (`harness.network.switch.commands`), until ``stop`` or until the other end is gone.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from harness.network import channel
from harness.network.switch.commands import Commands
from harness.network.switch.device import Unplugged
from harness.network.switch.fabric import BURST, Fabric
from harness.network.switch.recorder import Recorder
from harness.network.tap import QUEUE_LENGTH
from harness.sandbox import open_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.network.switch.fabric import Port

AGEING_SWEEP = 60.0
"""Seconds between clearing the table of stations that were silent for too long."""


class Process:
    """The loop: waits for frames, for commands, and for frames that are on their way."""

    def __init__(self, control: socket.socket, recorder: Recorder, seed: str) -> None:
        self._control = control
        self._recorder = recorder
        self._fabric = Fabric(recorder)
        self._poll = select.epoll()
        self._poll.register(control.fileno(), select.EPOLLIN)
        self._sources: dict[int, Port] = {}
        self._commands = Commands(self._fabric, recorder, seed, self._watch, self._forget)

    def serve(self) -> None:
        """Serve until told to stop, or until whoever started this process is gone."""
        running = True
        swept = time.monotonic()
        while running:
            for descriptor, _ in self._wait():
                port = self._sources.get(descriptor)
                if port is not None:
                    self._read(port)
                elif descriptor == self._control.fileno():
                    running = self._obey()
                self._fabric.deliver_due()
            self._fabric.deliver_due()
            self._recorder.keep_up(time.monotonic())
            if time.monotonic() - swept > AGEING_SWEEP:
                swept = time.monotonic()
                for core in self._fabric.cores.values():
                    core.table.sweep(swept)

    def _wait(self) -> list[tuple[int, int]]:
        """Return what is ready. Finer than epoll's milliseconds where a frame is on its way: select waits, then."""
        due = self._fabric.next_due()
        if due is None:
            ready = self._poll.poll(self._recorder.patience(time.monotonic()))
            if not ready:
                self._recorder.flush(wait=False)
            return ready
        if not (ready := self._poll.poll(0)):
            now = time.monotonic()
            waits = min(due - now, self._recorder.patience(now) or due)
            select.select([self._poll.fileno()], [], [], max(0.0, waits))
            ready = self._poll.poll(0)
        return ready

    def _read(self, port: Port) -> bool:
        """Read from a port and say whether there may be more; one whose device went is read no more."""
        try:
            return self._fabric.read(port)
        except Unplugged:
            self._forget(port)
            return False

    def _drain(self) -> None:
        """Move what is already queued, so that the counters hold what had happened; what comes meanwhile may wait."""
        for port in list(self._sources.values()):
            for _ in range(QUEUE_LENGTH // BURST + 1):
                if not self._read(port):
                    break
        self._fabric.deliver_due()

    def _watch(self, port: Port) -> None:
        self._sources[port.device.fileno()] = port
        self._poll.register(port.device.fileno(), select.EPOLLIN)

    def _forget(self, port: Port) -> None:
        if self._sources.pop(port.device.fileno(), None) is not None:
            self._poll.unregister(port.device.fileno())

    def _obey(self) -> bool:
        """Carry out one command, a flush or a stop after what was queued before it; says whether to go on."""
        try:
            message, descriptors = channel.receive(self._control)
        except channel.Crowded as crowded:
            channel.send(self._control, {**open_files.too_many(), "question": crowded.message["question"]})
            return True
        except (EOFError, ConnectionError):
            return False
        question = message.pop("question")
        if message["do"] in ("flush", "stop"):
            self._drain()
        answer = self._commands.carry_out(message, descriptors)
        channel.send(self._control, {**answer, "at": time.time_ns(), "question": question})
        return bool(message["do"] != "stop")


def main(arguments: Sequence[str]) -> int:
    """Run the switch on the control socket whose descriptor is the only argument.

    Where that is allowed it runs before all ordinary processes: a cable does not wait for a processor. What keeps it
    busy are those processes' own frames, and the kernel leaves them a share in any case (sched(7)).
    """
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    open_files.allow_most()
    control = socket.socket(fileno=int(arguments[0]))
    settings, _ = channel.receive(control)
    recorder = Recorder.create(Path(settings["capture"]))
    try:
        channel.send(control, {"answer": "ready", "question": settings["question"]})
        Process(control, recorder, settings["seed"]).serve()
    finally:
        recorder.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
