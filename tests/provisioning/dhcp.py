"""A DHCP client (RFC 2131) for tests: builds what firmware and iPXE send, reads what comes back."""

from __future__ import annotations

import random
import socket
import struct
import time
from dataclasses import dataclass
from ipaddress import IPv4Address

MAGIC = b"\x63\x82\x53\x63"
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
BROADCAST = 0x8000
HEADER = "!BBBBIHH4s4s4s4s16s64s128s"

ROUTER, LEASE, TYPE, SERVER, WANTED, CLASS, FILE = 3, 51, 53, 54, 55, 60, 67
USER_CLASS, ARCH = 77, 93
ADDRESS = 50


@dataclass(frozen=True)
class Reply:
    kind: int
    address: IPv4Address
    next_server: IPv4Address
    file: str
    options: dict[int, bytes]


def message(kind: int, mac: str, xid: int, options: dict[int, bytes]) -> bytes:
    chaddr = bytes.fromhex(mac.replace(":", "")).ljust(16, b"\0")
    zero = bytes(4)
    header = struct.pack(HEADER, 1, 1, 6, 0, xid, 0, BROADCAST, zero, zero, zero, zero, chaddr, b"", b"")
    wanted = bytes([1, ROUTER, LEASE, SERVER, 66, FILE])
    body = {TYPE: bytes([kind]), WANTED: wanted, **options}
    return header + MAGIC + b"".join(bytes([code, len(value)]) + value for code, value in body.items()) + b"\xff"


def parse(packet: bytes) -> Reply:
    fields = struct.unpack_from(HEADER, packet)
    options: dict[int, bytes] = {}
    rest = packet[struct.calcsize(HEADER) + len(MAGIC) :]
    while rest and rest[0] != 0xFF:
        if rest[0] == 0:
            rest = rest[1:]
            continue
        options[rest[0]] = rest[2 : 2 + rest[1]]
        rest = rest[2 + rest[1] :]
    file = options.get(FILE, fields[13]).rstrip(b"\0").decode()
    return Reply(options[TYPE][0], IPv4Address(fields[8]), IPv4Address(fields[9]), file, options)


def firmware(arch: int) -> dict[int, bytes]:
    """Return the options of a PXE firmware (RFC 4578)."""
    return {CLASS: f"PXEClient:Arch:{arch:05}:UNDI:003016".encode(), ARCH: struct.pack("!H", arch)}


def ipxe(arch: int) -> dict[int, bytes]:
    """Return the options of iPXE on such a firmware."""
    return {**firmware(arch), USER_CLASS: b"iPXE"}


def ask(interface: str, mac: str, options: dict[int, bytes], *, kind: int = DISCOVER, patience: float) -> Reply | None:
    """Send one message and return the answer to it, or None where none came within `patience` seconds."""
    xid = random.getrandbits(32)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        client.bind(("", 68))
        client.sendto(message(kind, mac, xid, options), ("255.255.255.255", 67))
        deadline = time.monotonic() + patience
        while (left := deadline - time.monotonic()) > 0:
            client.settimeout(left)
            try:
                packet = client.recv(1500)
            except TimeoutError:
                return None
            if struct.unpack_from("!I", packet, 4)[0] == xid:
                return parse(packet)
    return None
