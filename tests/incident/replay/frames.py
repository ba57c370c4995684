"""Frames of a small network boot, as they come out of a capture."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address
from pathlib import Path

from harness.capture.files.pcapng import Writer
from harness.capture.frames import Frame
from harness.incident.replay.datagram import Datagram, Way, of_frame, tcp_frame, udp_frame
from tests.provisioning import dhcp

REAL = Path(__file__).parents[1] / "captures/t036-uefi.pcapng"

MAC, SERVER_MAC = "52:54:00:00:01:01", "02:00:00:00:00:01"
CLIENT, SERVER = IPv4Address("10.0.0.5"), IPv4Address("10.0.0.1")
NOBODY, EVERYONE = IPv4Address(0), IPv4Address("255.255.255.255")
XID = 0x1234

ASK = Way(MAC, "ff:ff:ff:ff:ff:ff", NOBODY, 68, EVERYONE, 67)
TELL = Way(SERVER_MAC, MAC, SERVER, 67, CLIENT, 68)
OFFER, ACK, NAK, RELEASE = 2, 5, 6, 7


def question(kind: int, options: dict[int, bytes] | None = None, *, xid: int = XID, mac: str = MAC) -> bytes:
    return dhcp.message(kind, mac, xid, options or {})


def answer(
    kind: int,
    options: dict[int, bytes] | None = None,
    *,
    xid: int = XID,
    server: IPv4Address = SERVER,
    address: IPv4Address = CLIENT,
) -> bytes:
    said = bytearray(dhcp.message(kind, MAC, xid, {dhcp.SERVER: server.packed, **(options or {})}))
    said[0] = 2
    said[16:24] = address.packed + server.packed
    return bytes(said)


def captured(data: bytes, number: int, *, kept: int | None = None, link: str = "eth0") -> Frame:
    return Frame(number, number * 1_000_000_000, link, data[:kept], len(data))


def numbered(frames: Iterable[bytes]) -> Iterator[Frame]:
    return (captured(data, number) for number, data in enumerate(frames, 1))


def said(way: Way, payload: bytes, number: int = 1, *, kept: int | None = None) -> Datagram:
    found = of_frame(captured(udp_frame(way, payload), number, kept=kept))
    assert found is not None
    return found


def segment(way: Way, payload: bytes, number: int, sequence: int, *, flags: int = 0x18) -> Datagram:
    found = of_frame(captured(tcp_frame(way, sequence, 1, flags, payload), number))
    assert found is not None
    return found


def back(way: Way) -> Way:
    return Way(way.dst_mac, way.src_mac, way.dst, way.dst_port, way.src, way.src_port)


def read_request(name: str, *options: str) -> bytes:
    return struct.pack("!H", 1) + b"".join(one.encode() + b"\0" for one in (name, "octet", *options))


def written(path: Path, frames: Iterable[Frame]) -> Path:
    with Writer.create(path, ["eth0"]) as writer:
        for frame in frames:
            writer.write(frame.data, frame.time, length=frame.length)
    return path
