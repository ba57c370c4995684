"""What every event has, and what became of bytes that could not be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from harness.capture.protocols import ethernet
from harness.capture.protocols.parties import parties

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address, IPv6Address

    from harness.capture.frames import Frame, Tunnel

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
    tunnels: tuple[Tunnel, ...] = ()
    direction: str | None = None

    @classmethod
    def of(cls, frame: Frame) -> Origin:
        """Return a frame's own origin; what a frame is too short for is empty."""
        data = frame.data
        vlans, src, dst, src_port, dst_port = parties(data)
        macs = (ethernet.source(data), ethernet.destination(data))
        here = (frame.time, frame.link, frame.number)
        return cls(*here, *macs, vlans, src, dst, src_port, dst_port, frame.tunnels, frame.direction)


class Endpoint(NamedTuple):
    """An address and a port."""

    address: IPv4Address | IPv6Address
    port: int

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if self.address.version == 6 else f"{self.address}:{self.port}"  # noqa: PLR2004 - the version


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was seen.

    `time` is in nanoseconds since 1970 (UTC), `link` the captured interface, `frame` the frame's number in the capture
    (from 1, as in Wireshark), `sent_by` and `sent_to` the MAC addresses in the frame, `vlans` its tags' identifiers,
    outermost first. `src` and `dst` are the IP addresses, or the MAC addresses where there are none, and `src_port` and
    `dst_port` the ports, None where there are none. `tunnels` are the VXLANs that the frame was carried by, outermost
    first; what was said within one has the inner frame's addresses, tags and ports. `direction` is ``in`` for what the
    link's first end sent, ``out`` for what came to it, None where the capture does not say.
    """

    protocol: ClassVar[str] = ""
    kind: ClassVar[str] = ""
    names: ClassVar[tuple[tuple[str, str], ...]] = ()
    """What the protocol's own documents call otherwise than the fields here: each name with the field's."""

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
    tunnels: tuple[Tunnel, ...]
    direction: str | None

    def __init_subclass__(cls) -> None:
        cls.kind = _WORD_START.sub("-", cls.__name__).lower()

    def standard(self) -> Mapping[str, object]:
        """Return what the protocol's own documents call by another name than the fields here, under those names.

        A program that reads events as JSON finds them beside the fields. Values are what fields may be, and mappings.
        """
        return {name: getattr(self, field) for name, field in self.names}


@dataclass(frozen=True, slots=True)
class Undecodable(Event):
    """Bytes that could not be read: of which protocol they should have been, and why they are not."""

    protocol = "undecodable"

    expected: str
    reason: str
