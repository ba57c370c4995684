"""What was seen of TFTP (RFC 1350, 2347, 2348, 2349, 7440)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture.events.event import Event

if TYPE_CHECKING:
    from harness.capture.events.event import Endpoint


@dataclass(frozen=True, slots=True)
class TftpEvent(Event):
    """A step of a transfer, which is known by the client's endpoint and the file's name."""

    protocol = "tftp"

    client: Endpoint
    file: str


@dataclass(frozen=True, slots=True)
class TftpRequest(TftpEvent):
    """A client wants to read (or, where `write` is true, to write) a file."""

    write: bool
    mode: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TftpOptions(TftpEvent):
    """A server acknowledges options; `size` is the file's size in octets where `tsize` is among them."""

    options: tuple[tuple[str, str], ...]
    size: int | None


@dataclass(frozen=True, slots=True)
class TftpComplete(TftpEvent):
    """The last block of a file was acknowledged: `octets` in `blocks`, of which `missing` blocks were not captured."""

    octets: int
    blocks: int
    missing: int


@dataclass(frozen=True, slots=True)
class TftpError(TftpEvent):
    """Either side ends the transfer. A client that only wants a file's size does so, and nothing is wrong."""

    code: int
    message: str
