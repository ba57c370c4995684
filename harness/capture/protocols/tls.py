"""TLS records as far as they are in the clear: the ClientHello (RFC 8446, section 4.1.2; RFC 6066; RFC 7301)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture.protocols.malformed import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

HANDSHAKE = 22
TYPES = range(20, 25)
MAJOR_VERSION = 3
RECORD_HEADER = 5
LONGEST_RECORD = (1 << 14) + 2048
LONGEST_HELLO = 1 << 17
CLIENT_HELLO, SERVER_HELLO = 1, 2
SERVER_NAME, ALPN, SUPPORTED_VERSIONS = 0, 16, 43
RANDOM = 32
VERSIONS = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}


@dataclass(frozen=True, slots=True)
class ClientHello:
    """The name of the server that is asked for, and the versions and protocols that are offered."""

    server_name: str
    versions: tuple[str, ...]
    alpn: tuple[str, ...]


def starts_record(data: bytes) -> bool:
    """Whether octets can be the start of a TLS record: a type, a version, and a length that exist."""
    return (
        len(data) >= RECORD_HEADER
        and data[0] in TYPES
        and data[1] == MAJOR_VERSION
        and data[2] <= 4  # noqa: PLR2004 - the latest version
        and 0 < int.from_bytes(data[3:5]) <= LONGEST_RECORD
    )


def hello_type(data: bytes) -> int | None:
    """Return 1 where octets start with a ClientHello, 2 for a ServerHello, None for anything else."""
    if not starts_record(data) or data[0] != HANDSHAKE or len(data) <= RECORD_HEADER:
        return None
    return data[RECORD_HEADER] if data[RECORD_HEADER] in {CLIENT_HELLO, SERVER_HELLO} else None


def client_hello(data: bytes) -> ClientHello | None:
    """Decode the ClientHello that a connection starts with; None until it is whole. Raises `Malformed`."""
    message = b""
    at = 0
    while len(message) < 4 or len(message) < 4 + int.from_bytes(message[1:4]):  # noqa: PLR2004 - type and length
        if len(data) < at + RECORD_HEADER:
            return None
        if not starts_record(data[at:]) or data[at] != HANDSHAKE or at > LONGEST_HELLO:
            raise Malformed(f"{data[at : at + RECORD_HEADER].hex(' ')} is no TLS handshake record")
        end = at + RECORD_HEADER + int.from_bytes(data[at + 3 : at + RECORD_HEADER])
        if len(data) < end:
            return None
        message += data[at + RECORD_HEADER : end]
        at = end
    if message[0] != CLIENT_HELLO:
        raise Malformed(f"a TLS handshake that starts with message {message[0]}, not 1 (ClientHello)")
    return _client_hello(_Cursor(message[4 : 4 + int.from_bytes(message[1:4])]))


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, octets: int) -> bytes:
        end = self.at + octets
        if end > len(self.data):
            raise Malformed(f"a TLS ClientHello ends within a field, {end - len(self.data)} bytes short")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def sized(self, width: int) -> bytes:
        return self.take(int.from_bytes(self.take(width)))

    @property
    def left(self) -> bool:
        return self.at < len(self.data)


def _client_hello(cursor: _Cursor) -> ClientHello:
    legacy = int.from_bytes(cursor.take(2))
    cursor.take(RANDOM)
    cursor.sized(1)
    cursor.sized(2)
    cursor.sized(1)
    extensions = dict(_extensions(_Cursor(cursor.sized(2)))) if cursor.left else {}
    offered = _Cursor(extensions.get(SUPPORTED_VERSIONS, b""))
    numbers = _pairs(offered.sized(1)) if offered.left else [legacy]
    versions = tuple(VERSIONS[number] for number in numbers if number in VERSIONS)
    return ClientHello(_server_name(extensions.get(SERVER_NAME, b"")), versions, _alpn(extensions.get(ALPN, b"")))


def _extensions(cursor: _Cursor) -> Iterator[tuple[int, bytes]]:
    while cursor.left:
        yield int.from_bytes(cursor.take(2)), cursor.sized(2)


def _pairs(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2)]


def _server_name(data: bytes) -> str:
    names = _Cursor(_Cursor(data).sized(2) if data else b"")
    while names.left:
        (kind,) = names.take(1)
        name = names.sized(2)
        if kind == 0:
            return name.decode("ascii", errors="replace")
    return ""


def _alpn(data: bytes) -> tuple[str, ...]:
    names = _Cursor(_Cursor(data).sized(2) if data else b"")
    found = []
    while names.left:
        found.append(names.sized(1).decode("ascii", errors="replace"))
    return tuple(found)
