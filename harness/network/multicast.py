"""The multicast kind of network: each segment is a group that QEMU's socket netdevs join, as T036 documents it.

A segment is a hub. Every guest hears every frame, its own too, so one guest can't be cut from one other here.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface
from typing import TYPE_CHECKING

from harness.errors import LabError
from harness.network.group import dropped
from harness.network.relay import Counters
from harness.network.tap import host_mac, open_tap
from harness.topology.scalars import MulticastEndpoint
from harness.units import seconds

if TYPE_CHECKING:
    from pathlib import Path

    from harness.sandbox.netns import NetworkNamespace
    from harness.topology.model import Topology, Vlan

DEFAULT_GROUP = IPv4Address("230.0.0.1")
DEFAULT_PORT = 1234

ANSWER_WITHIN = 10 * seconds
"""How long the relay may take to answer; it does nothing that lasts longer than milliseconds."""


@dataclass(frozen=True)
class MulticastAttachment:
    """What a virtual machine's network card plugs into: the group of its segment."""

    endpoint: MulticastEndpoint


@dataclass
class _Host:
    descriptor: int
    mac: str


@dataclass
class Segment:
    """One VLAN as a multicast group, with the harness's own hosts on it and a capture of every frame."""

    vlan: Vlan
    endpoint: MulticastEndpoint
    capture: Path
    namespace: NetworkNamespace
    """The namespace that the group lives in: the sandbox's own, where the guests' QEMU processes are."""
    _hosts: list[_Host] = field(default_factory=list)
    _relay: subprocess.Popen[bytes] | None = None
    _control: socket.socket | None = None

    def add_host(self, namespace: NetworkNamespace, interface: str, address: IPv4Address) -> None:
        """Put a host of the harness on the segment: an interface in its namespace with an address of the subnet.

        Only before the segment is started. Raises `HostError` where TAP devices can't be made.
        """
        mac = host_mac(address)
        with_prefix = IPv4Interface(f"{address}/{self.vlan.subnet.prefixlen}")
        self._hosts.append(_Host(open_tap(namespace, interface, mac, with_prefix), mac))

    def start(self) -> None:
        """Start the relay; returns when it hears the group. Raises `LabError` with its last words where it fails."""
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(ANSWER_WITHIN.total_seconds())
        descriptors = [theirs.fileno(), *(host.descriptor for host in self._hosts)]
        with theirs, self.capture.with_suffix(".log").open("wb") as log:
            self._relay = self.namespace.popen(
                [sys.executable, "-m", "harness.network.relay", str(theirs.fileno())],
                pass_fds=descriptors,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._ask(self._settings(), "start")

    def flush(self) -> Counters:
        """Bring the capture on disk up to date and return the relay's counters. Raises `LabError` if it died."""
        return Counters(**json.loads(self._ask(b"flush", "flush its capture")))

    def guests_dropped(self) -> int:
        """Return how many frames were lost because a guest's own socket buffer, which QEMU sizes, was full."""
        ours = self.flush()
        everyone = self.namespace.run(lambda: dropped(self.endpoint.port))
        return sum(everyone.values()) - ours.dropped - ours.sent

    def stop(self) -> Counters | None:
        """Stop the relay and unplug the hosts; returns the last counters, or None where it was not running.

        Raises `LabError` where the relay had died, after everything is unplugged.
        """
        counters = None
        try:
            if self._relay is not None:
                counters = Counters(**json.loads(self._ask(b"stop", "stop")))
        finally:
            self._let_go()
        return counters

    def _settings(self) -> bytes:
        return json.dumps(
            {
                "name": self.vlan.name,
                "group": str(self.endpoint.group),
                "port": self.endpoint.port,
                "ports": [[host.descriptor, host.mac] for host in self._hosts],
                "capture": str(self.capture),
            }
        ).encode()

    def _ask(self, request: bytes, what: str) -> bytes:
        if self._control is None:
            raise LabError(f"the relay of segment {self.vlan.name} was asked to {what} before it was started")
        try:
            self._control.send(request)
            answer = self._control.recv(1 << 16)
        except OSError as error:
            raise self._died(what) from error
        if not answer:
            raise self._died(what)
        return answer

    def _died(self, what: str) -> LabError:
        log = self.capture.with_suffix(".log")
        words = log.read_text(errors="replace").splitlines()[-20:] if log.exists() else []
        return LabError(
            f"the relay of segment {self.vlan.name} did not {what}", console=words, evidence=self.capture.parent
        )

    def _let_go(self) -> None:
        for host in self._hosts:
            os.close(host.descriptor)
        self._hosts.clear()
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._relay is not None:
            self._relay.kill()
            self._relay.wait()
            self._relay = None


class MulticastNetwork:
    """All segments of a topology as multicast groups."""

    def __init__(self, topology: Topology, folder: Path, namespace: NetworkNamespace) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.segments = {
            vlan.name: Segment(vlan, endpoint, folder / f"{vlan.name}.pcapng", namespace)
            for vlan, endpoint in zip(topology.vlans, _endpoints(topology.vlans), strict=True)
        }

    def start(self) -> None:
        """Start every segment. Raises `LabError` where one does not start."""
        for segment in self.segments.values():
            segment.start()

    def attach(self, vlan: str) -> MulticastAttachment:
        """Return what a machine's network card in that VLAN plugs into."""
        return MulticastAttachment(self.segments[vlan].endpoint)

    def stop(self) -> None:
        """Stop every segment; what goes wrong on the way is raised together, when all are stopped."""
        errors: list[Exception] = []
        for segment in self.segments.values():
            try:
                segment.stop()
            except LabError as error:
                errors.append(error)
        if errors:
            raise ExceptionGroup("the network did not stop cleanly", errors)


def _endpoints(vlans: tuple[Vlan, ...]) -> list[MulticastEndpoint]:
    """Return a group and port for each VLAN: the documented one, else the next free port of QEMU's usual group."""
    taken = {vlan.multicast for vlan in vlans}
    free = (
        endpoint
        for port in range(DEFAULT_PORT, 1 << 16)
        if (endpoint := MulticastEndpoint(DEFAULT_GROUP, port)) not in taken
    )
    return [vlan.multicast or next(free) for vlan in vlans]
