"""What clients asked of HTTP servers in a capture: requests and the heads of their answers, from TCP's segments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from harness.capture.protocols import http_head, tcp
from harness.capture.protocols.malformed import Malformed
from harness.capture.reassembly.streams import Stream
from harness.incident.replay.dialogue import HTTP, Exchange, Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from ipaddress import IPv4Address

    from harness.capture.reassembly.streams import Piece
    from harness.incident.replay.datagram import Datagram

PORT = 80
END = b"\r\n\r\n"
METHODS = (b"GET ", b"HEAD ", b"POST ", b"PUT ")
ANSWER = b"HTTP/1."
LONGEST_HEAD = 1 << 14
SEQUENCES = 1 << 32
KEPT = 1 << 14
"""Octets of an answer that are kept: its head, and a script; of a kernel the beginning."""

FIRST = 32
"""Requests of one client that are kept; a boot has fewer."""

MOST_CONNECTIONS = 1 << 14


class Key(NamedTuple):
    """Who opened a connection to whom."""

    client: IPv4Address
    client_port: int
    server: IPv4Address
    server_port: int


@dataclass
class _Answer:
    """An answer's segment with the head in it, the octets from there on, and where the next ones would stand."""

    first: Datagram
    data: bytearray
    end: int


@dataclass
class _Connection:
    """The client's direction in order, and what was said on the connection."""

    ask: Stream = field(default_factory=Stream)
    asking: bytearray = field(default_factory=bytearray)
    questions: list[Message] = field(default_factory=list)
    answers: list[_Answer] = field(default_factory=list)


class HttpQuestions:
    """Takes TCP segments in order. Connections on which no HTTP request comes first are forgotten."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._connections: dict[Key, _Connection] = {}
        self._all: list[tuple[Key, _Connection]] = []

    def take(self, one: Datagram) -> None:
        """Take a segment."""
        key, back = Key(one.src, one.src_port, one.dst, one.dst_port), Key(one.dst, one.dst_port, one.src, one.src_port)
        if one.flags & tcp.SYN and not one.flags & tcp.ACK:
            self._opened(key, one)
        elif connection := self._connections.get(key):
            pieces = connection.ask.add(one.sequence, one.payload, one.length, one.frame) if one.length else ()
            for piece in pieces or ():
                self._asked(key, connection, piece, one)
        elif connection := self._connections.get(back):
            self._answered(connection.answers, one)
        elif one.payload.startswith(METHODS):  # the capture started after the connection did
            self._opened(key, None)
            self.take(one)

    def exchanges(self, servers: Iterable[str]) -> Iterator[Exchange]:
        """Yield each question to one of the servers, or where there is none of them, each to port 80."""
        known = set(servers)
        count: dict[IPv4Address, int] = {}
        for key, connection in self._all:
            if str(key.server) not in known and (known or key.server_port != PORT):
                continue
            heads = [
                Message(HTTP, _status(bytes(one.data)), one.first, bytes(one.data), len(one.data))
                for one in connection.answers
            ]
            for at, question in enumerate(connection.questions):
                count[key.client] = count.get(key.client, 0) + 1
                if count[key.client] <= FIRST:
                    yield Exchange(question, tuple(heads[at : at + 1]))

    def _opened(self, key: Key, one: Datagram | None) -> None:
        if len(self._connections) >= MOST_CONNECTIONS:
            self._connections.pop(next(iter(self._connections)))
        connection = self._connections[key] = _Connection()
        if one is not None:
            connection.ask.open(one.sequence)

    def _asked(self, key: Key, connection: _Connection, piece: Piece, one: Datagram) -> None:
        """Take octets of the client; a connection that does not begin with a request is forgotten."""
        if piece.missing:
            if connection.asking or piece.data:
                kept = "a part of it was not captured"
                self.notes.append(f"frame {one.frame.number}: an HTTP request of {key.client} can't be sent: {kept}")
            connection.asking.clear()
            return
        connection.asking += piece.data
        if not connection.asking.startswith(METHODS) or len(connection.asking) > LONGEST_HEAD:
            connection.asking.clear()
            if not connection.questions:
                self._connections.pop(key, None)
            return
        while (end := connection.asking.find(END)) >= 0:
            head = bytes(connection.asking[: end + len(END)])
            del connection.asking[: len(head)]
            if not connection.questions:
                self._all.append((key, connection))
            connection.questions.append(Message(HTTP, _request(head), one, head, len(head)))

    @staticmethod
    def _answered(answers: list[_Answer], one: Datagram) -> None:
        """Take octets of the server: a head begins with its segment, and what follows it without a gap is its body.

        Nothing waits for what was not captured: of bulk, captures often have only the beginning.
        """
        end = (one.sequence + one.length) % SEQUENCES
        if one.payload.startswith(ANSWER):
            if all(one.sequence != other.first.sequence for other in answers):
                answers.append(_Answer(one, bytearray(one.payload), end if one.whole else -1))
        elif answers and one.length and one.sequence == answers[-1].end and len(answers[-1].data) < KEPT:
            answers[-1].data += one.payload
            answers[-1].end = end if one.whole else -1


def _request(head: bytes) -> str:
    try:
        found = http_head.request(head[: -len(END)])
    except Malformed:
        return http_head.shown(head)
    return f"{found.method} {found.target}"


def _status(data: bytes) -> str:
    return data.partition(b"\r\n")[0].decode("latin-1")
