"""From frames to events, one frame after another.

Most frames of a capture are of no interest: bulk data, acknowledgements, other people's protocols. They are passed
over as early as possible, since half a million of them lie between the events of a cluster's installation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture import notes
from harness.capture.conversations import arp, bfd, dhcp, gossip, harness, vrrp
from harness.capture.conversations import icmp as icmp_events
from harness.capture.conversations.bgp import BgpConversation
from harness.capture.conversations.datagram import Datagram
from harness.capture.conversations.gossip_stream import GossipConversation
from harness.capture.conversations.http import HttpConversation
from harness.capture.conversations.raft import RaftConversation
from harness.capture.conversations.tftp import TftpTransfers
from harness.capture.dissection import prefilter
from harness.capture.dissection.connections import Connections
from harness.capture.dissection.tunnels import Tunnels
from harness.capture.events import Origin, Undecodable
from harness.capture.protocols import ethernet, icmp, ip, ipv4, ipv6, tcp, udp, vxlan
from harness.capture.protocols.bfd import PORTS as BFD_PORTS
from harness.capture.protocols.bgp import PORT as BGP_PORT
from harness.capture.protocols.dhcp import BOOT_SERVER_PORT, SERVER_PORT
from harness.capture.protocols.malformed import Malformed
from harness.capture.protocols.recognition import STARTS
from harness.capture.protocols.tftp import SERVER_PORT as TFTP_PORT
from harness.capture.reassembly.fragments import Fragments

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from harness.capture.conversations.datagram import Address
    from harness.capture.dissection.services import Conversation
    from harness.capture.events import Endpoint, Event
    from harness.capture.frames import Frame, Wanted
    from harness.capture.protocols.ip import IpPacket


@dataclass(frozen=True)
class Ports:
    """Which server ports speak which protocol; DHCP, TFTP, BGP and BFD are on their well-known ones."""

    http: frozenset[int] = frozenset({80})
    raft: frozenset[int] = frozenset({2380, 2480})
    gossip: frozenset[int] = frozenset({2381, 7946})
    vxlan: frozenset[int] = vxlan.PORTS


OF_ANY_CONNECTION = frozenset({"tcp", "tls", "undecodable"})
"""Protocols of events that connections tell whatever they carry."""


class Dissector:
    """Takes frames in the order of the capture and returns the events that each of them completes.

    Given `protocols`, those of others may be missing: what nobody asks for need not be followed.
    """

    def __init__(self, ports: Ports | None = None, protocols: Collection[str] | None = None) -> None:
        ports = ports or Ports()
        services: dict[int, Callable[[Endpoint, Endpoint], Conversation]] = {}
        services |= dict.fromkeys(ports.http, HttpConversation)
        services |= dict.fromkeys(ports.raft, RaftConversation)
        services |= dict.fromkeys(ports.gossip, GossipConversation)
        services.setdefault(BGP_PORT, BgpConversation)
        self._connections = Connections(services, None if OF_ANY_CONNECTION & {*(protocols or ())} else protocols)
        self._datagrams: dict[int, Callable[[Datagram], Iterable[Event]]] = {}
        self._datagrams |= dict.fromkeys(ports.gossip, gossip.follow)
        self._datagrams |= dict.fromkeys((SERVER_PORT, BOOT_SERVER_PORT), dhcp.follow)
        self._tftp: dict[str, TftpTransfers] = {}
        self._ports = ports
        self._protocols = protocols
        self._servers = dict.fromkeys(BFD_PORTS, bfd.follow)
        self._vxlan = ports.vxlan
        self._tunnels = Tunnels(lambda: Dissector(ports, protocols))
        self._fragments = Fragments()
        self._last: Frame | None = None

    @property
    def waiting(self) -> AbstractSet[str]:
        """The protocols of which something waits for a segment before it that was not captured yet."""
        return self._connections.waiting | self._tunnels.waiting

    def wanted(self) -> Wanted:
        """Return a cheap test of which frames may matter here, for a reader."""
        need = prefilter.need_of(self._protocols, self._ports.gossip, self._vxlan)
        return prefilter.wanted(need, self._connections.ports, STARTS, self._connections.holes)

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
        """Return the events that still wait for frames which were not captured.

        Call it once, after the last frame. Never raises.
        """
        found: list[Event] = []
        ends: list[Callable[[], Iterable[Event]]] = [self._fragments.finish, self._connections.finish]
        ends += [transfers.finish for transfers in self._tftp.values()]
        ends.append(self._tunnels.finish)
        for finish in ends:
            try:
                found += finish()
            except Exception as bug:  # noqa: BLE001 - as above
                if self._last is not None:
                    found.append(_undecodable(self._last, f"the decoder failed: {type(bug).__name__}: {bug}"))
        return found

    def _dissect(self, frame: Frame) -> Iterable[Event]:
        data = frame.data
        ethertype, _, end = ethernet.parse(data)
        if ethertype == ethernet.IPV4:
            packet = ipv4.parse(data, end, frame.length)
        elif ethertype == ethernet.IPV6:
            packet = ipv6.parse(data, end, frame.length)
        elif ethertype == ethernet.ARP:
            return arp.follow(data[end:], Origin.of(frame))
        else:
            return self._note(frame) if notes.is_note(frame.link, data) else ()
        if packet.more_fragments or packet.offset:
            return self._fragment(frame, end, packet)
        if packet.protocol == ip.TCP:
            return self._connections.segment(frame, packet, tcp.parse(data, packet.start, packet.end))
        if packet.protocol == ip.UDP:
            return self._datagram(frame, packet)
        return self._other(frame, packet)

    def _note(self, frame: Frame) -> Iterator[Event]:
        """Yield what the harness did; connections of machines that were put back go on where they were then."""
        for event in harness.follow(frame.data, Origin.of(frame)):
            if event.what == notes.RESTORE:
                yield from self._connections.forget()
            yield event

    def _fragment(self, frame: Frame, at: int, packet: IpPacket) -> Iterator[Event]:
        """Yield what a datagram says whose last fragment this is, and which ones are given up."""
        whole, gaps = self._fragments.add(frame, at, packet)
        yield from gaps
        if whole is not None:
            yield from self._dissect(whole)

    def _other(self, frame: Frame, packet: IpPacket) -> Iterable[Event]:
        """Return what a packet says that is neither TCP nor UDP."""
        version = 6 if len(packet.source) == ip.IPV6_ADDRESS else 4
        if packet.protocol == (ip.ICMP if version == 4 else ip.ICMPV6):  # noqa: PLR2004 - the version
            message = icmp.parse(frame.data, packet.start, packet.end, version=version)
            return icmp_events.follow(message, Origin.of(frame))
        if packet.protocol == ip.VRRP:
            return vrrp.follow(frame.data[packet.start : packet.end], len(packet.source), Origin.of(frame))
        return ()

    def _datagram(self, frame: Frame, ip_packet: IpPacket) -> Iterable[Event]:
        packet = udp.parse(frame.data, ip_packet.start, ip_packet.end)
        if packet.destination_port in self._vxlan:
            return self._tunnels.follow(frame, packet)
        sender = (ip_packet.source, packet.source_port)
        receiver = (ip_packet.destination, packet.destination_port)
        to, by = packet.destination_port, packet.source_port
        follow = self._datagrams.get(to) or self._datagrams.get(by) or self._servers.get(to)
        if follow is None:
            follow = self._transfers(frame.link, sender, receiver)
            if follow is None:
                return ()
        elif packet.length > len(packet.payload):
            raise Malformed(f"only {len(packet.payload)} of a datagram's {packet.length} bytes were captured")
        return follow(Datagram(sender, receiver, packet.payload, packet.length, Origin.of(frame)))

    def _transfers(self, link: str, sender: Address, receiver: Address) -> Callable[[Datagram], Iterable[Event]] | None:
        """Return what follows a link's TFTP transfers where a datagram belongs to one, or starts one."""
        transfers = self._tftp.get(link)
        if receiver[1] == TFTP_PORT:
            transfers = self._tftp.setdefault(link, transfers or TftpTransfers())
        elif transfers is None or not (transfers.knows(sender) or transfers.knows(receiver)):
            return None
        return transfers.follow


def _undecodable(frame: Frame, reason: str) -> Undecodable:
    return Undecodable(*Origin.of(frame), "", reason)
