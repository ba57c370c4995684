"""What was seen of TFTP (RFC 1350, 2347, 2348, 2349, 7440)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.capture.events.event import Event

if TYPE_CHECKING:
    from harness.capture.events.event import Endpoint

READ, WRITE = 1, 2
BLOCK_NUMBERS = 1 << 16


@dataclass(frozen=True, slots=True)
class TftpEvent(Event):
    """A step of a transfer, which is known by the client's endpoint and the file's name."""

    protocol = "tftp"
    opcode: ClassVar[int] = 0
    names: ClassVar[tuple[tuple[str, str], ...]] = (("opcode", "opcode"), ("filename", "file"))

    client: Endpoint
    file: str


@dataclass(frozen=True, slots=True)
class TftpRequest(TftpEvent):
    """A client wants to read a file, or to write it where `write` is true; `attempt` counts from 1 till it is heard."""

    names = (("opcode", "operation"), ("filename", "file"))

    write: bool
    mode: str
    options: tuple[tuple[str, str], ...]
    attempt: int = 1

    @property
    def operation(self) -> int:
        """The request's opcode: 1 to read, 2 to write."""
        return WRITE if self.write else READ


@dataclass(frozen=True, slots=True)
class TftpOptions(TftpEvent):
    """A server acknowledges options; `size` is the file's size in octets where `tsize` is among them."""

    opcode = 6

    options: tuple[tuple[str, str], ...]
    size: int | None


@dataclass(frozen=True, slots=True)
class TftpComplete(TftpEvent):
    """The last block of a file was acknowledged: `octets` in `blocks`, of which `missing` blocks were not captured.

    `retransmitted` counts the blocks that were sent again, each time that they were.
    """

    opcode = 4
    names = (("opcode", "opcode"), ("filename", "file"), ("block", "block"))

    octets: int
    blocks: int
    missing: int
    retransmitted: int = 0

    @property
    def block(self) -> int:
        """The last block's number on the wire, which wraps."""
        return (self.blocks or 0) % BLOCK_NUMBERS


@dataclass(frozen=True, slots=True)
class TftpUnfinished(TftpEvent):
    """A transfer whose end was not captured: how far it came, and the `reason` for saying so.

    The event is that of the last packet of the transfer.
    """

    octets: int
    blocks: int
    missing: int
    retransmitted: int
    reason: str


@dataclass(frozen=True, slots=True)
class TftpError(TftpEvent):
    """Either side ends the transfer. A client that only wants a file's size does so, and nothing is wrong."""

    opcode = 5
    names = (("opcode", "opcode"), ("filename", "file"), ("errorcode", "code"), ("errmsg", "message"))

    code: int
    message: str
