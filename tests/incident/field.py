"""What the field has, made small: frames of machines that talk, as packets."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from harness.capture.dissector import Dissector
from harness.capture.frames import Frame
from harness.incident.files.columns import PacketColumns
from harness.incident.files.packets import Packets
from harness.incident.inventory.wires import Wires
from tests.capture import build

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.capture.events import Event

NANOSECOND_MAGIC = 0xA1B23C4D


def mac_of(address: str) -> str:
    """Return the card of an address."""
    return "52:54:" + bytes(int(part) for part in address.split(".")).hex(":")


def said(
    src: str,
    dst: str,
    *,
    time: int = 0,
    by: str = "",
    to: str = "",
    tag: int | None = None,
    ports: tuple[int, int] = (40000, 2380),
    flags: int = build.ACK,
    sequence: int = 1,
    payload: bytes = b"",
    link: str = "eth0",
) -> Frame:
    """Make a segment between two addresses; `by` and `to` are the MAC addresses where they are others'."""
    inner = build.tcp(payload, source=ports[0], to=ports[1], sequence=sequence, flags=flags)
    packet = build.ipv4(inner, protocol=6, source=src, to=dst)
    if tag is not None:
        packet = struct.pack(">HH", tag, 0x0800) + packet
    kind = 0x0800 if tag is None else 0x8100
    data = build.ethernet(packet, ethertype=kind, source=by or mac_of(src), to=to or mac_of(dst))
    return Frame(1, time, link, data, len(data))


def talk(one: str, other: str, *, port: int = 2380, link: str = "eth0", tag: int | None = None) -> list[Frame]:
    """Make a connection that `other` takes, with some data each way."""
    there, back = (40000, port), (port, 40000)
    return [
        said(one, other, flags=build.SYN, ports=there, link=link, tag=tag),
        said(other, one, flags=build.SYN | build.ACK, ports=back, link=link, tag=tag),
        said(one, other, payload=b"question", ports=there, link=link, tag=tag),
        said(other, one, payload=b"answer", ports=back, link=link, tag=tag),
    ]


def columns(frames: Iterable[Frame], capture: str = "a.pcap") -> PacketColumns:
    made = PacketColumns()
    packets = Packets(capture)
    for number, frame in enumerate(frames, 1):
        made.append(packets.of(frame._replace(number=number)))
    return made


def wires(*frames: Frame) -> Wires:
    return Wires(columns(frames))


def events(frames: Iterable[Frame]) -> list[Event]:
    dissector = Dissector()
    return [event for frame in frames for event in dissector.frame(frame)]


def pcap(frames: Iterable[Frame], link_type: int = 1) -> bytes:
    """Return frames as a pcap file with nanoseconds."""
    head = struct.pack("<IHHiIII", NANOSECOND_MAGIC, 2, 4, 0, 0, 262144, link_type)
    records = (struct.pack("<IIII", *divmod(one.time, 10**9), len(one.data), one.length) + one.data for one in frames)
    return head + b"".join(records)
