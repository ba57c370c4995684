"""Frames for tests, made of plain octets: none of the code under test takes part."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.capture.frames import Frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CLIENT_MAC = "52:54:00:00:01:01"
SERVER_MAC = "52:54:00:00:00:01"
CLIENT = "192.168.100.11"
SERVER = "192.168.100.1"
CLIENT6, SERVER6 = "fd00::b", "fd00::1"

FIN, SYN, RST, PUSH, ACK = 1, 2, 4, 8, 16
MILLISECOND = 10**6


def mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def address(text: str) -> bytes:
    return bytes(int(part) for part in text.split("."))


def ethernet(payload: bytes, *, ethertype: int = 0x0800, source: str = CLIENT_MAC, to: str = SERVER_MAC) -> bytes:
    return mac(to) + mac(source) + struct.pack(">H", ethertype) + payload


def ipv4(payload: bytes, *, protocol: int, source: str = CLIENT, to: str = SERVER, flags: int = 0) -> bytes:
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, flags, 64, protocol, 0)
    return head + address(source) + address(to) + payload


def ipv6(payload: bytes, *, protocol: int, source: str = CLIENT6, to: str = SERVER6) -> bytes:
    head = struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64)
    return head + ip_address(source).packed + ip_address(to).packed + payload


def fragments(payload: bytes, size: int, *, protocol: int = 17, identification: int = 7) -> list[bytes]:
    """Cut an IPv4 payload into packets of `size` octets, a multiple of 8."""
    cut_up = []
    for at in range(0, len(payload), size):
        more = 0x2000 if at + size < len(payload) else 0
        packet = bytearray(ipv4(payload[at : at + size], protocol=protocol, flags=at // 8 | more))
        packet[4:6] = identification.to_bytes(2)
        cut_up.append(bytes(packet))
    return cut_up


def udp(payload: bytes, *, source: int, to: int) -> bytes:
    return struct.pack(">HHHH", source, to, 8 + len(payload), 0) + payload


def tcp(payload: bytes, *, source: int, to: int, sequence: int, acknowledged: int = 0, flags: int = ACK) -> bytes:
    ports = struct.pack(">HHII", source, to, sequence % 2**32, acknowledged % 2**32)
    return ports + struct.pack(">BBHHH", 5 << 4, flags, 65535, 0, 0) + payload


def datagram(
    payload: bytes,
    *,
    source: tuple[str, int] = (CLIENT, 40000),
    to: tuple[str, int] = (SERVER, 9),
    from_mac: str = CLIENT_MAC,
    to_mac: str = SERVER_MAC,
) -> bytes:
    inner = udp(payload, source=source[1], to=to[1])
    return ethernet(ipv4(inner, protocol=17, source=source[0], to=to[0]), source=from_mac, to=to_mac)


def number(packets: Iterable[bytes | tuple[bytes, int]], *, link: str = "segment", start: int = 0) -> list[Frame]:
    """Make frames of octets, a millisecond apart; a pair is octets and how many of them the capture kept."""
    frames = []
    for count, packet in enumerate(packets, 1):
        data, kept = packet if isinstance(packet, tuple) else (packet, len(packet))
        frames.append(Frame(count, start + count * MILLISECOND, link, data[:kept], len(data)))
    return frames


@dataclass
class Connection:
    """Both ends of a TCP connection that write segments one after another."""

    client_port: int = 50000
    server_port: int = 80
    client_sequence: int = 2**32 - 5
    server_sequence: int = 7000
    segments: list[bytes] = field(default_factory=list)

    def open(self) -> Connection:
        self._send(b"", by_client=True, flags=SYN)
        self.client_sequence += 1
        self._send(b"", by_client=False, flags=SYN | ACK)
        self.server_sequence += 1
        self._send(b"", by_client=True)
        return self

    def client(self, *payloads: bytes) -> Connection:
        for payload in payloads:
            self._send(payload, by_client=True)
            self.client_sequence += len(payload)
        return self

    def server(self, *payloads: bytes) -> Connection:
        for payload in payloads:
            self._send(payload, by_client=False)
            self.server_sequence += len(payload)
        return self

    def acknowledge(self, *, by_client: bool) -> Connection:
        self._send(b"", by_client=by_client)
        return self

    def close(self) -> Connection:
        self._send(b"", by_client=False, flags=FIN | ACK)
        self.server_sequence += 1
        self._send(b"", by_client=True, flags=FIN | ACK)
        self.client_sequence += 1
        return self

    def reset(self) -> Connection:
        self._send(b"", by_client=False, flags=RST | ACK)
        return self

    def frames(self) -> list[Frame]:
        return number(self.segments)

    def _send(self, payload: bytes, *, by_client: bool, flags: int = ACK) -> None:
        own, other = (self.client_sequence, self.server_sequence)
        ports = (self.client_port, self.server_port)
        ends, macs = (CLIENT, SERVER), (CLIENT_MAC, SERVER_MAC)
        if not by_client:
            own, other, ports, ends, macs = other, own, ports[::-1], ends[::-1], macs[::-1]
        inner = tcp(payload, source=ports[0], to=ports[1], sequence=own, acknowledged=other, flags=flags)
        packet = ipv4(inner, protocol=6, source=ends[0], to=ends[1])
        self.segments.append(ethernet(packet, source=macs[0], to=macs[1]))


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    """Cut octets into pieces at the given places, wherever they lie; no piece is empty."""
    edges = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(edges)]
