"""Where members talk to each other, on whatever port, told by what they say; and who dialled whom. Pure."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from harness.capture.dissector import Ports
from harness.capture.protocols import ethernet, http_head, ip, ipv4, ipv6, memberlist, tcp, udp
from harness.capture.protocols.malformed import Malformed
from harness.capture.protocols.rafthttp import PIPELINE_PATH
from harness.incident.files.packets import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.capture.frames import Frame
    from harness.capture.protocols.ip import IpPacket

    End: TypeAlias = tuple[str, int]
    """An address and a port."""

LOOKED_AT = 20_000
"""Frames of a capture, so that a large one is not read twice: members probe each other every few seconds."""
ASKS = b"GET " + PIPELINE_PATH.encode(), b"POST " + PIPELINE_PATH.encode()
CRC = 5
"""Octets of memberlist's checksum, with the type before it."""
OWN = "x-peerurls"
"""Where etcd's members say at which URLs they are called back (rafthttp/stream.go)."""


class Dialled(NamedTuple):
    """One member of Raft called another; `own` is where it listens itself, None where it does not say."""

    client: End
    server: End
    own: End | None


@dataclass(frozen=True)
class Spoken:
    """The ports of Raft and of gossip, the usual ones among them, and who of Raft's members dialled whom."""

    ports: Ports
    dialled: frozenset[Dialled] = frozenset()


def spoken(frames: Iterable[Frame]) -> Spoken:
    """Return what frames tell; those that can't be read tell nothing."""
    dialled: set[Dialled] = set()
    gossip: set[int] = set()
    for frame in frames:
        try:
            _look(frame, dialled, gossip)
        except Malformed:
            continue
    return together([Spoken(Ports(gossip=frozenset(gossip)), frozenset(dialled))])


def together(captures: Iterable[Spoken]) -> Spoken:
    """Return what several captures tell, and the usual ports."""
    usual = Ports()
    every = list(captures)
    dialled = frozenset(one for each in every for one in each.dialled)
    raft = usual.raft | {one.server[1] for one in dialled}
    gossip = usual.gossip.union(*(each.ports.gossip for each in every))
    return Spoken(Ports(raft=raft, gossip=gossip), dialled)


def _look(frame: Frame, dialled: set[Dialled], gossip: set[int]) -> None:
    data = frame.data
    ethertype, _, at = ethernet.parse(data)
    if ethertype == ethernet.IPV4:
        packet = ipv4.parse(data, at, frame.length)
    elif ethertype == ethernet.IPV6:
        packet = ipv6.parse(data, at, frame.length)
    else:
        return
    if packet.offset or packet.more_fragments:
        return
    if packet.protocol == ip.UDP:
        datagram = udp.parse(data, packet.start, packet.end)
        if datagram.destination_port not in gossip and is_gossip(datagram.payload):
            gossip.add(datagram.destination_port)
    elif packet.protocol == ip.TCP:
        segment = tcp.parse(data, packet.start, packet.end)
        if segment.payload.startswith(ASKS):
            dialled.add(_dialled(packet, segment))


def is_gossip(payload: bytes) -> bool:
    """Whether a datagram is memberlist's beyond doubt: by its checksum, or as a probe with the name of its field."""
    _, body = memberlist.split_label(payload)
    if len(body) > CRC and body[0] == memberlist.MessageType.CRC:
        return zlib.crc32(body[CRC:]) == int.from_bytes(body[1:CRC])
    return body[:1] == bytes((memberlist.MessageType.PING,)) and b"SeqNo" in body[:12]


def _dialled(packet: IpPacket, segment: tcp.Segment) -> Dialled:
    client, server = shown(packet.source), shown(packet.destination)
    try:
        fields = http_head.request(segment.payload.partition(b"\r\n\r\n")[0]).fields
    except Malformed:
        fields = {}
    return Dialled((client, segment.source_port), (server, segment.destination_port), _own(fields.get(OWN, "")))


def _own(urls: str) -> End | None:
    """Return the first of some URLs as an end; None where it is none."""
    try:
        found = urlsplit(urls.partition(",")[0].strip())
        host, port = found.hostname, found.port
    except ValueError:
        return None
    return (host, port) if host and port else None
