"""TFTP packets (RFC 1350) with options (RFC 2347, 2348, 2349, 7440)."""

from __future__ import annotations

from dataclasses import dataclass

from harness.capture.protocols.malformed import Malformed

SERVER_PORT = 69
READ, WRITE, DATA, ACK, ERROR, OACK = range(1, 7)
SMALLEST = 4
DEFAULT_BLOCK_SIZE = 512

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A read or write request; names of options are in lower case."""

    write: bool
    file: str
    mode: str
    options: Options


@dataclass(frozen=True, slots=True)
class Data:
    """A block of `length` octets; blocks count from 1 and wrap at 65536."""

    block: int
    length: int


@dataclass(frozen=True, slots=True)
class Ack:
    """A block is acknowledged; 0 acknowledges options or a write request."""

    block: int


@dataclass(frozen=True, slots=True)
class OptionAck:
    """The options that a server takes."""

    options: Options

    def number(self, name: str) -> int | None:
        """Return an option's value, or None where it is not there or no number."""
        text = dict(self.options).get(name, "")
        return int(text) if text.isascii() and text.isdigit() else None


@dataclass(frozen=True, slots=True)
class Error:
    """The transfer ends."""

    code: int
    message: str


Packet = Request | Data | Ack | OptionAck | Error


def parse(data: bytes, length: int) -> Packet:
    """Decode a packet that was `length` octets long, of which `data` were captured. Raises `Malformed`."""
    if len(data) < SMALLEST:
        raise Malformed(f"a TFTP packet of {len(data)} bytes, not at least {SMALLEST}")
    operation = data[0] << 8 | data[1]
    number = data[2] << 8 | data[3]
    if operation == DATA:
        return Data(number, length - SMALLEST)
    if operation == ACK:
        return Ack(number)
    if operation == ERROR:
        return Error(number, data[4:].partition(b"\0")[0].decode(errors="replace"))
    words = data[2:].split(b"\0")
    if operation not in {READ, WRITE, OACK} or (words[-1] and length == len(data)):
        raise Malformed(f"TFTP operation {operation} of {length} bytes")
    texts = [word.decode(errors="replace") for word in words[:-1]]
    if operation == OACK:
        return OptionAck(_options(texts))
    if len(texts) < 2:  # noqa: PLR2004 - file and mode
        raise Malformed("a TFTP request without a file name and a mode")
    return Request(operation == WRITE, texts[0], texts[1].lower(), _options(texts[2:]))


def _options(texts: list[str]) -> Options:
    return tuple(zip((name.lower() for name in texts[::2]), texts[1::2], strict=False))
