"""Redis' protocol, as much of it as a client needs (RESP2: simple strings, errors, integers, bulk strings, arrays)."""

from __future__ import annotations

import socket
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Reply = str | int | list["Reply"] | None


class RefusedError(Exception):
    """An error reply: the command was not carried out."""


class Connection:
    """One connection to a Redis or a Sentinel."""

    def __init__(self, address: str, port: int, within: float) -> None:
        self._socket = socket.create_connection((address, port), within)
        self._answers = self._socket.makefile("rb")

    def ask(self, *words: str) -> Reply:
        """Send a command and return its reply. Raises `RefusedError`, and `OSError` where none comes."""
        parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
        self._socket.sendall(f"*{len(words)}\r\n{''.join(parts)}".encode())
        return self._reply()

    def close(self) -> None:
        """Close it."""
        self._answers.close()
        self._socket.close()

    def _reply(self) -> Reply:
        line = self._answers.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the connection ended within a reply")
        kind, rest = line[:1], line[1:-2].decode()
        match kind:
            case b"-":
                raise RefusedError(rest)
            case b":":
                return int(rest)
            case b"$":
                size = int(rest)
                return None if size < 0 else self._answers.read(size + 2)[:-2].decode()
            case b"*":
                return [self._reply() for _ in range(int(rest))]
        return rest


@contextmanager
def connected(address: str, port: int, within: float) -> Iterator[Connection]:
    """Connect for a block. Raises `OSError`."""
    with closing(Connection(address, port, within)) as connection:
        yield connection
