"""Raft events from the connections between etcd's members."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from harness.capture import events
from harness.capture.conversations.exchanges import Exchanges
from harness.capture.protocols import rafthttp, raftpb
from harness.capture.protocols.malformed import Malformed
from harness.capture.protocols.raftpb import Message, MessageType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.capture.events import Endpoint, Event, Origin, RaftMessage
    from harness.capture.protocols.http1 import Body, End
    from harness.capture.protocols.http_head import Request, Response

EVENTS: dict[int, type[RaftMessage]] = {
    MessageType.PROP: events.RaftProposal,
    MessageType.APP: events.RaftAppend,
    MessageType.APP_RESP: events.RaftAppendResponse,
    MessageType.VOTE: events.RaftVote,
    MessageType.VOTE_RESP: events.RaftVoteResponse,
    MessageType.SNAP: events.RaftSnapshot,
    MessageType.HEARTBEAT: events.RaftHeartbeat,
    MessageType.HEARTBEAT_RESP: events.RaftHeartbeatResponse,
    MessageType.TRANSFER_LEADER: events.RaftTransferLeader,
    MessageType.TIMEOUT_NOW: events.RaftTimeoutNow,
    MessageType.READ_INDEX: events.RaftReadIndex,
    MessageType.READ_INDEX_RESP: events.RaftReadIndexResponse,
    MessageType.PRE_VOTE: events.RaftPreVote,
    MessageType.PRE_VOTE_RESP: events.RaftPreVoteResponse,
}

OK = 200
DIGEST_SIZE = 8
LONGEST_POST = 1 << 24


class RaftConversation(Exchanges):
    """One connection between two members: a stream of messages to the one who dialled, or posts from it.

    A stream's messages come from the HTTP server; who that is, the request says.
    """

    protocol = "raft"

    def __init__(self, client: Endpoint, server: Endpoint) -> None:
        super().__init__(client, server, rejoin_chunks=True)
        self._stream: rafthttp.Stream | None = None
        self._joining = True
        self._posted: bytearray | None = None
        self._path = ""
        self._cluster = ""

    def on_request(self, request: Request, origin: Origin) -> Iterator[Event]:
        """Get ready to collect what is posted."""
        del origin
        self._path = request.target
        self._cluster = request.fields.get("x-etcd-cluster-id", self._cluster)
        posts = request.method == "POST" and self._path in {rafthttp.PIPELINE_PATH, rafthttp.SNAPSHOT_PATH}
        self._posted = bytearray() if posts else None
        yield from ()

    def on_request_body(self, body: Body, origin: Origin) -> Iterator[Event]:
        """Collect what is posted; of a snapshot only the message before it."""
        if self._posted is None:
            return
        self._posted += body.data
        head = rafthttp.snapshot_head(bytes(self._posted)) if self._path == rafthttp.SNAPSHOT_PATH else None
        if head is not None:
            self._posted = None
            yield self._posted_event(head, origin)
        elif body.missing or len(self._posted) > LONGEST_POST:
            self._posted = None
            yield events.Undecodable(*origin, self.protocol, f"a post to {self._path} was not captured whole")

    def on_request_end(self, end: End, origin: Origin) -> Iterator[Event]:
        """Tell of the message that was posted."""
        posted, self._posted = self._posted, None
        if posted and end.whole and self._path == rafthttp.PIPELINE_PATH:
            yield self._posted_event(bytes(posted), origin)

    def on_response(self, response: Response, origin: Origin) -> Iterator[Event]:
        """Start a stream, where that is what was asked for."""
        del origin
        self._stream = self._new_stream() if response.status == OK else None
        self._joining = False
        yield from ()

    def on_response_body(self, body: Body, origin: Origin) -> Iterator[Event]:
        """Tell of a stream's messages."""
        if self._joining and body.starts_chunk:
            self._rejoin(body.data)
        if self._stream is not None:
            try:
                messages = self._stream.feed(body.data)
            except Malformed as problem:
                self._lose()
                where = f"{self.server} to {self.client}"
                yield events.Undecodable(*origin, self.protocol, f"{problem} ({where})")
                return
            for message in messages:
                yield self._event(message, origin)
        if body.missing:
            self._lose()

    def on_response_end(self, end: End, origin: Origin) -> Iterator[Event]:
        """Forget the stream."""
        del end, origin
        self._stream = None
        yield from ()

    def on_rejoined(self) -> None:
        """Find the place in the stream again at the start of the next chunk."""
        self._lose()

    def _lose(self) -> None:
        self._stream = None
        self._joining = True

    def _rejoin(self, chunk: bytes) -> None:
        """Take up a stream at the start of a chunk, which is where a message starts."""
        self._stream = self._new_stream()
        if self._stream is None:
            kind = rafthttp.guess(chunk)
            self._stream = kind() if kind else None
        self._joining = self._stream is None

    def _new_stream(self) -> rafthttp.Stream | None:
        """Return a decoder for the stream that the current request asks for, None where it asks for something else."""
        target = self.current.target if self.current else ""
        if not target.startswith(rafthttp.STREAM_PATH) or self.current is None:
            return None
        kind, _, receiver = target.removeprefix(rafthttp.STREAM_PATH).partition("/")
        if kind == "message":
            return rafthttp.MessageStream()
        sender = self.current.fields.get("x-raft-to", "")
        return rafthttp.AppendStream(_member(sender), _member(receiver))

    def _posted_event(self, data: bytes, origin: Origin) -> Event:
        try:
            return self._event(raftpb.message(data), origin)
        except Malformed as problem:
            return events.Undecodable(*origin, self.protocol, f"{problem} ({self.client} to {self.server})")

    def _event(self, message: Message, origin: Origin) -> RaftMessage:
        kind = EVENTS.get(message.type)
        fields = {"port": self.server.port, "cluster": self._cluster, **_fields(message)}
        if kind is None:
            return events.RaftOther(*origin, **fields, type=message.type)
        return kind(*origin, **fields)


def _fields(message: Message) -> dict[str, Any]:
    snapshot = message.type == MessageType.SNAP
    return {
        "sender": message.sender or None,
        "receiver": message.receiver or None,
        "term": message.term,
        "index": message.snapshot_index if snapshot else message.index,
        "log_term": message.snapshot_term if snapshot else message.log_term,
        "commit": message.commit,
        "reject": message.reject,
        "reject_hint": message.reject_hint,
        "entries": tuple(_entry(entry) for entry in message.entries),
        "context": message.context,
    }


def _entry(entry: raftpb.Entry) -> events.RaftEntry:
    digest = blake2b(entry.data, digest_size=DIGEST_SIZE).digest() if entry.data else b""
    return events.RaftEntry(entry.term, entry.index, entry.type, len(entry.data), digest)


def _member(text: str) -> int:
    """Return the member identifier that a text in hexadecimal says, 0 for anything else."""
    try:
        return int(text, 16)
    except ValueError:
        return 0
