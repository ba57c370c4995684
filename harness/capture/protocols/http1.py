"""HTTP/1.x messages out of a stream of octets (RFC 9112): one parser per direction, fed with whatever came.

Theory of operation. A parser is in one of these states; each takes what it needs of the octets and names the next::

    HEAD       start line and fields, up to the empty line     -> FIXED, SIZE, UNTIL_CLOSE or HEAD
    FIXED      as many octets as Content-Length said            -> HEAD
    UNTIL_CLOSE  everything that comes
    SIZE       the line before a chunk                          -> CHUNK or TRAILER
    CHUNK      the octets of a chunk                            -> CHUNK_END
    CHUNK_END  the line end after a chunk                       -> SIZE
    TRAILER    the fields after the last chunk                  -> HEAD
    LOST       nothing, until a segment starts with a start line -> HEAD
    STOPPED    nothing any more: the connection goes on in another protocol

Octets that are missing are passed over within a body of known length; elsewhere they lead to LOST.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from harness.capture.protocols import http_head
from harness.capture.protocols.http_head import REQUEST_LINE, STATUS_LINE, Request, Response, shown
from harness.capture.protocols.malformed import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE_END = b"\r\n"
LONGEST_HEAD = 1 << 16
LONGEST_LINE = 1 << 12
NO_BODY = frozenset({204, 304})

CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?")
CHUNK_START = re.compile(rb"[0-9A-Fa-f]{1,8}\r\n")


@dataclass(frozen=True, slots=True)
class Body:
    """Octets of a body: `data`, then `missing` ones. `starts_chunk` where they are the first of a chunk."""

    data: bytes
    missing: int = 0
    starts_chunk: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """The message ended; `whole` where it has all that its head promised."""

    whole: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """The parser no longer knows where it is in the stream, and why; it goes on at the next start line."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rejoined:
    """The parser found itself in the middle of a chunked body."""


Item = Request | Response | Body | End | Lost | Rejoined


class State(Enum):
    """What the parser expects next; see the module's theory of operation."""

    HEAD = auto()
    FIXED = auto()
    UNTIL_CLOSE = auto()
    SIZE = auto()
    CHUNK = auto()
    CHUNK_END = auto()
    TRAILER = auto()
    LOST = auto()
    STOPPED = auto()


SILENT = {State.LOST, State.STOPPED}


@dataclass
class HttpParser:
    """Reads one direction of a connection.

    It waits for a start line, unless `start` says that the stream is seen from its first octet on. For responses
    `methods` is the queue of requests that are to be answered: the one who feeds the parser appends to it. With
    `rejoin_chunks` it also goes on where a segment seems to start with a chunk.
    """

    responses: bool
    rejoin_chunks: bool = False
    methods: deque[str] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._state = State.LOST
        self._buffer = b""
        self._remaining = 0
        self._starts_chunk = False

    def start(self) -> None:
        """Note that the stream's first octet comes next."""
        self._state = State.HEAD

    def stop(self) -> None:
        """Note that what follows is no longer HTTP."""
        self._state = State.STOPPED
        self._buffer = b""

    def skip(self, octets: int) -> bool:
        """Pass over octets in the midst of a body of known length, at little cost; False where it has to be fed."""
        if self._state is not State.FIXED or octets >= self._remaining:
            return False
        self._remaining -= octets
        return True

    def feed(self, data: bytes) -> Iterator[Item]:
        """Take the next octets of the stream. Each call's octets are taken to be the start of a segment."""
        if self._state is State.STOPPED:
            return
        if self._state is State.LOST:
            self._state = found = self._resume(data)
            if found is State.LOST:
                return
            if found is State.SIZE:
                yield Rejoined()
        self._buffer += data
        while self._buffer:
            try:
                item = self._step()
            except Malformed as problem:
                yield from self._lose(str(problem))
                return
            if item is None:
                return
            yield from item

    def gap(self, octets: int) -> Iterator[Item]:
        """Pass over octets that are missing."""
        if self._state is State.UNTIL_CLOSE:
            yield Body(b"", octets)
        elif self._state in {State.FIXED, State.CHUNK} and octets <= self._remaining:
            yield from self._take(b"", octets)
        elif self._state is State.CHUNK and octets == self._remaining + len(LINE_END):
            yield from self._take(b"", self._remaining)
            self._state = State.SIZE
        elif self._state not in SILENT:
            yield from self._lose(f"{octets} bytes are missing: nothing is decoded until a message starts a segment")

    def end(self) -> Iterator[Item]:
        """Take the end of the stream."""
        if self._state is State.UNTIL_CLOSE:
            yield End(whole=True)
        elif self._state not in {State.HEAD, *SILENT}:
            yield End(whole=False)
        self._state = State.LOST
        self._buffer = b""

    def _resume(self, data: bytes) -> State:
        line = STATUS_LINE if self.responses else REQUEST_LINE
        if line.match(data):
            return State.HEAD
        return State.SIZE if self.rejoin_chunks and _seems_chunked(data) else State.LOST

    def _lose(self, reason: str) -> Iterator[Item]:
        within_body = self._state not in {State.HEAD, State.LOST}
        self._state = State.LOST
        self._buffer = b""
        self.methods.clear()
        yield Lost(reason)
        if within_body:
            yield End(whole=False)

    def _step(self) -> Iterator[Item] | None:
        """Take one thing off the buffer; None where it has to wait for more."""
        state = self._state
        if state is State.HEAD:
            return self._head()
        if state is State.UNTIL_CLOSE:
            data, self._buffer = self._buffer, b""
            return iter((Body(data),))
        if state in {State.FIXED, State.CHUNK}:
            data, self._buffer = self._buffer[: self._remaining], self._buffer[self._remaining :]
            return self._take(data, 0)
        line = self._line()
        return None if line is None else self._framing(line)

    def _take(self, data: bytes, missing: int) -> Iterator[Item]:
        """Give out octets of a body of which the length is known."""
        self._remaining -= len(data) + missing
        starts, self._starts_chunk = self._starts_chunk, False
        last = not self._remaining
        ends = last and self._state is State.FIXED
        if last:
            self._state = State.HEAD if ends else State.CHUNK_END
        yield Body(data, missing, starts)
        if ends:
            yield End(whole=True)

    def _line(self) -> bytes | None:
        line, end, rest = self._buffer.partition(b"\r\n")
        if not end:
            if len(self._buffer) > LONGEST_LINE:
                raise Malformed(f"a line of more than {LONGEST_LINE} bytes")
            return None
        self._buffer = rest
        return line

    def _framing(self, line: bytes) -> Iterator[Item]:
        """Take a line that stands around chunks."""
        if self._state is State.CHUNK_END:
            if line:
                raise Malformed(f"a chunk is followed by {shown(line)}, not by a line end")
            self._state = State.SIZE
        elif self._state is State.SIZE:
            found = CHUNK_LINE.fullmatch(line)
            if not found:
                raise Malformed(f"a chunk's size is {shown(line)}, not a hexadecimal number")
            self._remaining = int(found[1], 16)
            self._starts_chunk = self._remaining > 0
            self._state = State.CHUNK if self._starts_chunk else State.TRAILER
        elif not line:
            self._state = State.HEAD
            return iter((End(whole=True),))
        return iter(())

    def _head(self) -> Iterator[Item] | None:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            if self._buffer[:1] not in b"\r" and not _seems_text(self._buffer):
                raise Malformed(f"{shown(self._buffer)} starts no HTTP message")
            if len(self._buffer) > LONGEST_HEAD:
                raise Malformed(f"a head of more than {LONGEST_HEAD} bytes")
            return None
        head = head.lstrip(b"\r\n")
        item = self._response(head) if self.responses else self._request(head)
        self._buffer = rest
        if self._state is State.HEAD and not (isinstance(item, Response) and item.interim):
            return iter((item, End(whole=True)))
        return iter((item,))

    def _request(self, head: bytes) -> Request:
        found = http_head.request(head)
        self._expect_body(found, state=State.HEAD)
        return found

    def _response(self, head: bytes) -> Response:
        found = http_head.response(head)
        method = self.methods.popleft() if self.methods and not found.interim else ""
        if not (found.interim or method == "HEAD" or found.status in NO_BODY or found.ends_http(method)):
            self._expect_body(found, state=State.UNTIL_CLOSE)
        return found

    def _expect_body(self, head: Request | Response, *, state: State) -> None:
        """Choose the state after a head (RFC 9112, section 6.3); `state` is that of a body without a length."""
        if http_head.chunked(head.fields):
            self._state = State.SIZE
        elif head.content_length is None:
            self._state = state
        elif head.content_length:
            self._state, self._remaining = State.FIXED, head.content_length


def _seems_text(data: bytes) -> bool:
    start = data[:16]
    return all(32 <= octet < 127 or octet in b"\r\n\t" for octet in start)  # noqa: PLR2004 - printable ASCII


def _seems_chunked(data: bytes) -> bool:
    found = CHUNK_START.match(data)
    if not found:
        return False
    end = found.end() + int(data[: found.end() - 2], 16)
    return data[end : end + 2] in {b"\r\n", b"\r", b""}
