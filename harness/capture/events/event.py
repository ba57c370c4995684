"""What every event has, and what became of bytes that could not be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from harness.capture.protocols import ethernet
from harness.capture.protocols.parties import parties

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from harness.capture.frames import Frame

_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


class Origin(NamedTuple):
    """Where an event comes from: the first fields of each event."""

    time: int
    link: str
    frame: int
    sent_by: str
    sent_to: str
    vlans: tuple[int, ...] = ()
    src: str = ""
    dst: str = ""
    src_port: int | None = None
    dst_port: int | None = None

    @classmethod
    def of(cls, frame: Frame) -> Origin:
        """Return a frame's own origin; what a frame is too short for is empty."""
        data = frame.data
        vlans, src, dst, src_port, dst_port = parties(data)
        macs = (ethernet.source(data), ethernet.destination(data))
        return cls(frame.time, frame.link, frame.number, *macs, vlans, src, dst, src_port, dst_port)


class Endpoint(NamedTuple):
    """An address and a port."""

    address: IPv4Address
    port: int

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was seen.

    `time` is in nanoseconds since 1970 (UTC), `link` the captured interface, `frame` the frame's number in the capture
    (from 1, as in Wireshark), `sent_by` and `sent_to` the MAC addresses in the frame, `vlans` its tags' identifiers,
    outermost first. `src` and `dst` are the IP addresses, or the MAC addresses where there are none, and `src_port` and
    `dst_port` the ports, None where there are none.
    """

    protocol: ClassVar[str] = ""
    kind: ClassVar[str] = ""

    time: int
    link: str
    frame: int
    sent_by: str
    sent_to: str
    vlans: tuple[int, ...]
    src: str
    dst: str
    src_port: int | None
    dst_port: int | None

    def __init_subclass__(cls) -> None:
        cls.kind = _WORD_START.sub("-", cls.__name__).lower()


@dataclass(frozen=True, slots=True)
class Undecodable(Event):
    """Bytes that could not be read: of which protocol they should have been, and why they are not."""

    protocol = "undecodable"

    expected: str
    reason: str
