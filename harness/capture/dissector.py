"""From frames to events, one frame after another.

Most frames of a capture are of no interest: bulk data, acknowledgements, other people's protocols. They are passed
over as early as possible, since half a million of them lie between the events of a cluster's installation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture import notes
from harness.capture.connections import Connections
from harness.capture.conversations import arp, dhcp, gossip, harness
from harness.capture.conversations.datagram import Datagram
from harness.capture.conversations.http import HttpConversation
from harness.capture.conversations.raft import RaftConversation
from harness.capture.conversations.tftp import TftpTransfers
from harness.capture.events import Origin, Undecodable
from harness.capture.protocols import ethernet, ipv4, tcp, udp
from harness.capture.protocols.dhcp import BOOT_SERVER_PORT, SERVER_PORT
from harness.capture.protocols.malformed import Malformed
from harness.capture.protocols.tftp import SERVER_PORT as TFTP_PORT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from harness.capture.connections import Conversation
    from harness.capture.events import Endpoint, Event
    from harness.capture.frames import Frame
    from harness.capture.protocols.ipv4 import Ipv4


@dataclass(frozen=True)
class Ports:
    """Which server ports speak which protocol; DHCP and TFTP are on their well-known ones."""

    http: frozenset[int] = frozenset({80})
    raft: frozenset[int] = frozenset({2380, 2480})
    gossip: frozenset[int] = frozenset({2381, 7946})


class Dissector:
    """Takes frames in the order of the capture and returns the events that each of them completes."""

    def __init__(self, ports: Ports | None = None) -> None:
        ports = ports or Ports()
        services: dict[int, Callable[[Endpoint, Endpoint], Conversation]] = {}
        services |= dict.fromkeys(ports.http, HttpConversation)
        services |= dict.fromkeys(ports.raft, RaftConversation)
        self._connections = Connections(services)
        self._datagrams: dict[int, Callable[[Datagram], Iterable[Event]]] = {}
        self._datagrams |= dict.fromkeys(ports.gossip, gossip.follow)
        self._datagrams |= dict.fromkeys((SERVER_PORT, BOOT_SERVER_PORT), dhcp.follow)
        self._tftp: dict[str, TftpTransfers] = {}
        self._last: Frame | None = None

    @property
    def waiting(self) -> AbstractSet[str]:
        """The protocols of which something waits for a segment before it that was not captured yet."""
        return self._connections.waiting

    def frame(self, frame: Frame) -> Sequence[Event]:
        """Return the events that this frame completes. Never raises: what can't be read is an `Undecodable`."""
        self._last = frame
        found: list[Event] = []
        try:
            found += self._dissect(frame)
        except Malformed as problem:
            found.append(_undecodable(frame, str(problem)))
        except Exception as bug:  # noqa: BLE001 - one bad frame must not hide the others
            found.append(_undecodable(frame, f"the decoder failed: {type(bug).__name__}: {bug}"))
        return found

    def finish(self) -> Sequence[Event]:
        """Return the events that lie behind frames which were not captured and now will not be any more.

        Call it once, after the last frame. Never raises.
        """
        found: list[Event] = []
        try:
            found += self._connections.finish()
        except Exception as bug:  # noqa: BLE001 - as above
            if self._last is not None:
                found.append(_undecodable(self._last, f"the decoder failed: {type(bug).__name__}: {bug}"))
        return found

    def _dissect(self, frame: Frame) -> Iterable[Event]:
        data = frame.data
        outer = ethernet.parse(data)
        if outer.ethertype == ethernet.ARP:
            return arp.follow(data[outer.end :], Origin.of(frame))
        if outer.ethertype != ethernet.IPV4:
            return harness.follow(data, Origin.of(frame)) if notes.is_note(frame.link, data) else ()
        ip = ipv4.parse(data, outer.end, frame.length)
        if ip.fragment:
            raise Malformed(f"a fragment, from byte {ip.offset} on, of a datagram of IP protocol {ip.protocol}")
        if ip.protocol == ipv4.TCP:
            return self._connections.segment(frame, ip, tcp.parse(data, ip.start, ip.end))
        if ip.protocol == ipv4.UDP:
            return self._datagram(frame, ip)
        return ()

    def _datagram(self, frame: Frame, ip: Ipv4) -> Iterable[Event]:
        packet = udp.parse(frame.data, ip.start, ip.end)
        sender, receiver = (ip.source, packet.source_port), (ip.destination, packet.destination_port)
        datagram = Datagram(sender, receiver, packet.payload, packet.length, Origin.of(frame))
        follow = self._datagrams.get(packet.destination_port) or self._datagrams.get(packet.source_port)
        if follow is not None:
            if packet.length > len(packet.payload):
                raise Malformed(f"only {len(packet.payload)} of a datagram's {packet.length} bytes were captured")
            return follow(datagram)
        transfers = self._tftp.setdefault(frame.link, TftpTransfers())
        if packet.destination_port == TFTP_PORT or transfers.knows(sender) or transfers.knows(receiver):
            return transfers.follow(datagram)
        return ()


def _undecodable(frame: Frame, reason: str) -> Undecodable:
    return Undecodable(*Origin.of(frame), "", reason)
