"""Raft events from the connections between etcd's members."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from harness.capture import events
from harness.capture.conversations.exchanges import Exchanges
from harness.capture.conversations.raft_messages import told
from harness.capture.protocols import rafthttp, raftpb
from harness.capture.protocols.malformed import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.capture.events import Endpoint, Event, Origin
    from harness.capture.protocols.http1 import Body, End
    from harness.capture.protocols.http_head import Request, Response
    from harness.capture.protocols.raftpb import Message

OK = 200
ERROR = 400
LONGEST_POST = 1 << 24
LONGEST_CANDIDATE = 1 << 16
"""Octets that are kept to see whether a stream can be taken up where they start."""


@dataclass
class _Snapshot:
    """A snapshot on its way: the message before it, and how much of it there was so far."""

    message: Message
    octets: int = 0
    missing: int = 0

    def add(self, octets: int, missing: int) -> None:
        self.octets += octets + missing
        self.missing += missing


class RaftConversation(Exchanges):
    """One connection between two members: a stream of messages to the one who dialled, or posts from it.

    A stream's messages come from the HTTP server; who that is, the request says.
    """

    protocol = "raft"

    def __init__(self, client: Endpoint, server: Endpoint) -> None:
        super().__init__(client, server, rejoin_chunks=True)
        self._stream: rafthttp.Stream | None = None
        self._joining = True
        self._candidate = b""
        self._posted: bytearray | None = None
        self._snapshot: _Snapshot | None = None
        self._path = ""
        self._cluster = ""

    def on_request(self, request: Request, origin: Origin) -> Iterator[Event]:
        """Get ready to collect what is posted."""
        del origin
        self._path = request.target
        self._cluster = request.fields.get("x-etcd-cluster-id", self._cluster)
        posts = request.method == "POST" and self._path in {rafthttp.PIPELINE_PATH, rafthttp.SNAPSHOT_PATH}
        self._posted = bytearray() if posts else None
        self._snapshot = None
        yield from ()

    def on_request_body(self, body: Body, origin: Origin) -> Iterator[Event]:
        """Collect what is posted; of a snapshot only the message before it, and how long it is."""
        if self._snapshot is not None:
            self._snapshot.add(len(body.data), body.missing)
        if self._posted is None:
            return
        self._posted += body.data
        if self._path == rafthttp.SNAPSHOT_PATH:
            yield from self._snapshot_begins(body, origin)
        if self._misses_some(body):
            self._posted = None
            yield events.Undecodable(*origin, self.protocol, f"a post to {self._path} was not captured whole")

    def on_request_end(self, end: End, origin: Origin) -> Iterator[Event]:
        """Tell of the message that was posted, or of the snapshot that was sent."""
        posted, self._posted = self._posted, None
        snapshot, self._snapshot = self._snapshot, None
        if snapshot is not None:
            yield self._snapshot_sent(snapshot, end, origin)
        elif posted and end.whole and self._path == rafthttp.PIPELINE_PATH:
            yield from self._posted_events(bytes(posted), origin)

    def on_response(self, response: Response, origin: Origin) -> Iterator[Event]:
        """Start a stream, where that is what was asked for; tell of a refusal."""
        self._stream = self._kind()() if response.status == OK and self._asks_for_stream() else None
        self._joining = False
        target = self.current.target if self.current else ""
        if response.status >= ERROR and target.startswith(rafthttp.PIPELINE_PATH):
            yield events.RaftRefused(*origin, self.server.port, self._cluster, target, response.status)

    def on_response_body(self, body: Body, origin: Origin) -> Iterator[Event]:
        """Tell of a stream's messages."""
        data = self._rejoined(body) if self._joining else body.data
        if self._stream is not None:
            try:
                for message in self._stream.feed(data):
                    yield from told(message, origin, self.server.port, self._cluster)
            except Malformed as problem:
                self._lose()
                where = f"{self.server} to {self.client}"
                yield events.Undecodable(*origin, self.protocol, f"{problem} ({where})")
                return
        if body.missing:
            if self._stream is not None:
                where = f"{self.server} to {self.client}"
                reason = f"{body.missing} bytes of a stream are missing: it is taken up again where a message begins"
                yield events.Undecodable(*origin, self.protocol, f"{reason} ({where})")
            self._lose()

    def on_response_end(self, end: End, origin: Origin) -> Iterator[Event]:
        """Forget the stream."""
        del end, origin
        self._stream = None
        yield from ()

    def on_rejoined(self) -> None:
        """Find the place in the stream again at the start of a later chunk."""
        self._lose()

    def _lose(self) -> None:
        self._stream = None
        self._joining = True
        self._candidate = b""

    def _rejoined(self, body: Body) -> bytes:
        """Take up a stream at the start of a chunk that proves to be the start of a message; return what to read."""
        if body.starts_chunk and self._take_up(body.data):
            return body.data
        if not body.starts_chunk and not self._candidate:
            return b""
        held = self._candidate + body.data
        found = self._take_up(held)
        self._candidate = held if found is None and len(held) <= LONGEST_CANDIDATE else b""
        return held if found else b""

    def _take_up(self, data: bytes) -> bool | None:
        """Whether a stream starts here; None where that takes more octets to say."""
        kinds = [self._kind()] if self._asks_for_stream() else [rafthttp.AppendStream, rafthttp.MessageStream]
        proofs = {kind: rafthttp.proves(kind, data) for kind in kinds}
        for kind, proof in proofs.items():
            if proof:
                self._stream, self._joining, self._candidate = kind(), False, b""
                return True
        return None if None in proofs.values() else False

    def _asks_for_stream(self) -> bool:
        return self.current is not None and self.current.target.startswith(rafthttp.STREAM_PATH)

    def _kind(self) -> Callable[[], rafthttp.Stream]:
        """Return what decodes the stream that the current request asks for."""
        if self.current is None:
            return rafthttp.MessageStream
        kind, _, receiver = self.current.target.removeprefix(rafthttp.STREAM_PATH).partition("/")
        if kind == "message":
            return rafthttp.MessageStream
        sender = self.current.fields.get("x-raft-to", "")
        return partial(rafthttp.AppendStream, _member(sender), _member(receiver))

    def _misses_some(self, body: Body) -> bool:
        """Whether what is posted can no longer be put together."""
        return self._posted is not None and (body.missing > 0 or len(self._posted) > LONGEST_POST)

    def _snapshot_begins(self, body: Body, origin: Origin) -> Iterator[Event]:
        """Tell of the message before a snapshot as soon as it is whole."""
        data = bytes(self._posted or b"")
        try:
            head = rafthttp.snapshot_head(data)
            message = raftpb.message(head) if head is not None else None
        except Malformed as problem:
            self._posted = None
            yield self._malformed(problem, origin)
            return
        if message is None:
            return
        self._posted = None
        self._snapshot = _Snapshot(message)
        self._snapshot.add(len(data) - rafthttp.LENGTH - len(head or b""), body.missing)
        yield from told(message, origin, self.server.port, self._cluster)

    def _snapshot_sent(self, snapshot: _Snapshot, end: End, origin: Origin) -> Event:
        message = snapshot.message
        return events.RaftSnapshotSent(
            *origin,
            self.server.port,
            self._cluster,
            sender=message.sender or None,
            receiver=message.receiver or None,
            term=message.term,
            index=message.snapshot_index,
            log_term=message.snapshot_term,
            octets=snapshot.octets,
            missing=snapshot.missing,
            whole=end.whole,
        )

    def _posted_events(self, data: bytes, origin: Origin) -> Iterator[Event]:
        try:
            yield from told(raftpb.message(data), origin, self.server.port, self._cluster)
        except Malformed as problem:
            yield self._malformed(problem, origin)

    def _malformed(self, problem: Malformed, origin: Origin) -> Event:
        return events.Undecodable(*origin, self.protocol, f"{problem} ({self.client} to {self.server})")


def _member(text: str) -> int:
    """Return the member identifier that a text in hexadecimal says, 0 for anything else."""
    try:
        return int(text, 16)
    except ValueError:
        return 0
