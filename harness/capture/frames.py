"""One captured frame, and what is said of a file that holds none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from harness.errors import Problem, SpecError

if TYPE_CHECKING:
    from collections.abc import Callable

    Wanted: TypeAlias = Callable[[bytes, int, int], bool]
    """Whether the frame from one place of a buffer to another may matter."""

ETHERNET = 1
"""The link type of Ethernet, in pcap and in pcapng alike."""

MAX_FRAME = 1 << 18
"""The longest frame that is believed, in bytes; Wireshark's own limit."""


@dataclass(frozen=True, slots=True)
class Tunnel:
    """What a frame within a VXLAN was carried by: the network's identifier, and the parties of the outer datagram."""

    vni: int
    src: str
    dst: str
    src_port: int
    dst_port: int

    def __str__(self) -> str:
        return f"vni {self.vni} {self.src}>{self.dst}:{self.dst_port}"


class Frame(NamedTuple):
    """One frame as it was captured.

    `number` counts from 1 through the file, as Wireshark does. `time` is in nanoseconds since 1970 (UTC). `length` is
    the frame's length on the wire; `data` may be less of it. `direction` is seen from the interface: ``in``, ``out``
    or None where the capture does not say.
    """

    number: int
    time: int
    link: str
    data: bytes
    length: int
    direction: str | None = None
    comment: str | None = None

    @property
    def tunnels(self) -> tuple[Tunnel, ...]:
        """The tunnels that carried it: none, as it was on the link itself."""
        return ()

    def with_data(self, data: bytes, length: int) -> Frame:
        """Return a frame that came at the same time on the same way, with other octets."""
        return self._replace(data=data, length=length)


@dataclass(frozen=True, order=True)
class BadBytes(Problem):
    """A problem of a binary file, which has offsets where a text has lines."""

    offset: int = 0

    def __str__(self) -> str:
        return f"{self.file}: byte {self.offset}: {self.message}, expected {self.expected}"


class CaptureError(SpecError):
    """A file is no capture that can be read: which file, at which byte, what was expected."""

    def __init__(self, file: str, offset: int, message: str, expected: str) -> None:
        super().__init__([BadBytes(file, 1, message, expected, offset)])
