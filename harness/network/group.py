"""The UDP sockets of a QEMU multicast segment (``-netdev socket,mcast=``): one datagram carries one Ethernet frame."""

from __future__ import annotations

import socket
import struct
from ctypes import addressof, create_string_buffer
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.topology.scalars import MulticastEndpoint

LOOPBACK = socket.inet_aton("127.0.0.1")
MAX_FRAME = 65_507
"""The largest frame that fits into one IPv4 datagram (65,535 bytes less 20 of IP and 8 of UDP)."""

RECEIVE_BUFFER = 128 << 20
"""Bytes. A segment's whole traffic for seconds, so that a reader that is kept from running loses nothing."""

SO_ATTACH_FILTER = 26
DROP, ACCEPT = 0, 0xFFFF_FFFF


def open_sender() -> socket.socket:
    """Return the socket that frames are sent from. Its own port tells them from everybody else's."""
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, LOOPBACK)
    sender.bind(("127.0.0.1", 0))
    sender.setblocking(False)
    return sender


def open_receiver(endpoint: MulticastEndpoint, *, except_port: int) -> socket.socket:
    """Return a socket that hears every frame of the group but those that come from `except_port` of this host.

    The kernel drops our own frames before they are queued (a classic BPF program over the UDP header), so they cost
    no buffer space.
    """
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    widen(receiver)
    _ignore_source_port(receiver, except_port)
    receiver.bind((str(endpoint.group), endpoint.port))
    membership = endpoint.group.packed + LOOPBACK
    receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    receiver.setblocking(False)
    return receiver


def dropped(port: int, table: Path = Path("/proc/thread-self/net/udp")) -> dict[int, int]:
    """Return how many datagrams the kernel dropped for want of buffer space, by the inode of each socket on a port."""
    drops: dict[int, int] = {}
    for row in table.read_text().splitlines()[1:]:
        fields = row.split()
        if int(fields[1].rpartition(":")[2], 16) == port:
            drops[int(fields[9])] = int(fields[12])
    return drops


def widen(receiver: socket.socket, size: int = RECEIVE_BUFFER) -> None:
    """Make the receive buffer as large as this user may: root as large as asked, others up to net.core.rmem_max.

    Root of a user namespace is one of the others.
    """
    force = 33  # SO_RCVBUFFORCE (asm-generic/socket.h), which Python does not name
    try:
        receiver.setsockopt(socket.SOL_SOCKET, force, size)
    except PermissionError:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)


def _ignore_source_port(receiver: socket.socket, port: int) -> None:
    instructions = (
        (0x28, 0, 0, 0),  # ldh [0]: the source port, first field of the UDP header
        (0x15, 0, 1, port),  # jeq #port: next, else skip one
        (0x06, 0, 0, DROP),
        (0x06, 0, 0, ACCEPT),
    )
    program = create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in instructions))
    header = struct.pack("HL", len(instructions), addressof(program))
    receiver.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, header)
