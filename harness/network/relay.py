"""The relay of one multicast segment: a process that joins TAP devices to the group and writes every frame down.

It runs as ``python -m harness.network.relay``, reads one line of settings from its control socket and answers the
commands ``flush`` and ``stop`` there, each with its counters. It is the only process that hears the whole segment, so
the capture holds each frame once, in the order in which this process saw them, on one clock.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import time
from dataclasses import asdict, dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.capture.pcapng import Writer
from harness.capture.snap import kept_length
from harness.network.group import MAX_FRAME, dropped, open_receiver, open_sender
from harness.topology.scalars import MulticastEndpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BURST = 64
"""Frames read from one source before the others get their turn."""

GROUP_BIT = 0x01

IDLE = 0.2
"""Seconds of silence after which the capture on disk is brought up to date."""


@dataclass
class Counters:
    """What the relay has carried: frames from the group, frames to it, and frames that were lost on the way."""

    received: int = 0
    sent: int = 0
    unsendable: int = 0
    """Frames of our own hosts that the group's socket refused."""
    undeliverable: int = 0
    """Frames from the group that one of our own hosts' devices refused."""
    dropped: int = 0
    """Frames that the kernel dropped before the relay could read them."""

    @property
    def lost(self) -> int:
        """All frames that did not get where they should: 0 where the capture is whole and every host heard it."""
        return self.unsendable + self.undeliverable + self.dropped


@dataclass(frozen=True)
class Port:
    """A TAP device that the relay serves: its descriptor and its MAC."""

    descriptor: int
    mac: bytes

    def wants(self, frame: bytes) -> bool:
        """Say whether a network card with this MAC would take the frame: it is for it, or for a group of hosts."""
        return frame[:6] == self.mac or bool(frame[0] & GROUP_BIT)


class Relay:
    """Moves frames between the group and the TAP devices."""

    def __init__(self, endpoint: MulticastEndpoint, ports: Sequence[Port], capture: Writer) -> None:
        self._group = (str(endpoint.group), endpoint.port)
        self._ports = ports
        self._capture = capture
        self._sender = open_sender()
        self._receiver = open_receiver(endpoint, except_port=self._sender.getsockname()[1])
        self.counters = Counters()

    def sources(self) -> dict[int, Callable[[], bool]]:
        """Return what to call when a descriptor is readable; the call says whether there may be more to read."""
        ports: dict[int, Callable[[], bool]] = {p.descriptor: (lambda p=p: self._from_port(p)) for p in self._ports}  # type: ignore[misc]
        return {self._receiver.fileno(): self._from_group, **ports}

    def refresh(self) -> Counters:
        """Return the counters, with the kernel's own count of what it dropped.

        The kernel counts our own frames, which the receiver's filter refuses, as dropped, each once.
        """
        inode = os.fstat(self._receiver.fileno()).st_ino
        self.counters.dropped = dropped(self._group[1]).get(inode, 0) - self.counters.sent
        return self.counters

    def _from_group(self) -> bool:
        for _ in range(BURST):
            try:
                frame = self._receiver.recv(MAX_FRAME)
            except BlockingIOError:
                return False
            self.counters.received += 1
            self._capture.write(frame, time.time_ns())
            self._deliver(frame, None)
        return True

    def _from_port(self, port: Port) -> bool:
        for _ in range(BURST):
            try:
                frame = os.read(port.descriptor, MAX_FRAME)
            except BlockingIOError:
                return False
            self._capture.write(frame, time.time_ns())
            self._send(frame)
            self._deliver(frame, port)
        return True

    def _send(self, frame: bytes) -> None:
        try:
            self._sender.sendto(frame, self._group)
        except OSError:
            self.counters.unsendable += 1
        else:
            self.counters.sent += 1

    def _deliver(self, frame: bytes, sender: Port | None) -> None:
        if not frame:
            return
        for port in self._ports:
            if port is sender or not port.wants(frame):
                continue
            try:
                os.write(port.descriptor, frame)
            except OSError:  # a full device, or a runt that no device takes
                self.counters.undeliverable += 1


def serve(relay: Relay, control: socket.socket, capture: Writer) -> None:
    """Relay until told to stop, or until whoever started this process is gone."""
    sources = relay.sources()
    poll = select.epoll()
    for descriptor in sources:
        poll.register(descriptor, select.EPOLLIN)
    poll.register(control.fileno(), select.EPOLLIN)
    running = True
    while running:
        ready = poll.poll(IDLE)
        if not ready:
            capture.flush()
        for descriptor, _ in ready:
            if descriptor in sources:
                sources[descriptor]()
                continue
            command = control.recv(16)
            running = command == b"flush"
            _drain(sources)
            capture.flush()
            if command:
                control.send(json.dumps(asdict(relay.refresh())).encode())


def _drain(sources: dict[int, Callable[[], bool]]) -> None:
    """Read what is already queued, a bounded share of it, so that a capture holds what had happened when asked."""
    for read in sources.values():
        for _ in range(BURST):
            if not read():
                break


def main(arguments: Sequence[str]) -> int:
    """Run the relay on the control socket whose descriptor is the only argument."""
    control = socket.socket(fileno=int(arguments[0]))
    settings: dict[str, Any] = json.loads(control.recv(1 << 16))
    endpoint = MulticastEndpoint(IPv4Address(settings["group"]), settings["port"])
    ports = [Port(descriptor, bytes.fromhex(mac.replace(":", ""))) for descriptor, mac in settings["ports"]]
    with Writer.create(Path(settings["capture"]), [settings["name"]], snap=kept_length) as capture:
        relay = Relay(endpoint, ports, capture)
        control.send(b"ready")
        serve(relay, control, capture)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
