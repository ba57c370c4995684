"""The two kinds of endless stream on which etcd's members send Raft messages (server/etcdserver/api/rafthttp).

Both are bodies of HTTP responses: the receiver dials, and asks for ``/raft/stream/message/ID`` or
``/raft/stream/msgapp/ID``. A decoder takes octets as they come and returns the messages that are whole.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.capture.protocols import raftpb
from harness.capture.protocols.malformed import Malformed
from harness.capture.protocols.raftpb import Entry, Message, MessageType

if TYPE_CHECKING:
    from collections.abc import Callable

STREAM_PATH = "/raft/stream/"
PIPELINE_PATH = "/raft"
SNAPSHOT_PATH = "/raft/snapshot"
PROBING_PATH = "/raft/probing"

LINK_HEARTBEAT, APPEND_ENTRIES, APPEND = range(3)

LONGEST = 1 << 26
"""The longest message that is believed, in octets; etcd itself sends no more than about 2 MiB at once."""


class _NeedMoreError(Exception):
    """A message is not whole yet."""


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, octets: int) -> bytes:
        end = self.at + octets
        if end > len(self.data):
            raise _NeedMoreError
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def number(self) -> int:
        return int.from_bytes(self.take(8), "big")

    def sized(self) -> bytes:
        size = self.number()
        if size > LONGEST:
            raise Malformed(f"a length of {size} bytes, more than any message has")
        return self.take(size)


class Stream:
    """What both kinds share: octets in, whole messages out. Keep-alives of the connection are left out."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[Message]:
        """Take the next octets and return the messages that they complete. Raises `Malformed`."""
        self._buffer += data
        messages = []
        while self._buffer:
            cursor = _Cursor(self._buffer)
            try:
                message = self._next(cursor)
            except _NeedMoreError:
                break
            self._buffer = self._buffer[cursor.at :]
            if message is not None and not message.link_heartbeat:
                messages.append(message)
        return messages

    def _next(self, cursor: _Cursor) -> Message | None:
        raise NotImplementedError


class MessageStream(Stream):
    """``message``: each message has its length before it, as 8 octets."""

    def _next(self, cursor: _Cursor) -> Message:
        return raftpb.message(cursor.sized())


class AppendStream(Stream):
    """``msgapp``, version 2: appends of which only the first says all, and the next only their entries.

    Such a short append goes on where the one before it ended: with the same term, from the index after. Its sender and
    receiver are those of the connection, or 0 until a full append tells them.
    """

    def __init__(self, sender: int = 0, receiver: int = 0) -> None:
        super().__init__()
        self._last = Message(sender=sender, receiver=receiver)

    def _next(self, cursor: _Cursor) -> Message | None:
        (tag,) = cursor.take(1)
        if tag == LINK_HEARTBEAT:
            return None
        if tag == APPEND:
            message = raftpb.message(cursor.sized())
        elif tag == APPEND_ENTRIES:
            message = self._short(cursor)
        else:
            raise Malformed(f"tag {tag} in an append stream, not 0, 1 or 2")
        if not message.link_heartbeat:
            last = message.entries[-1].index if message.entries else message.index
            self._last = replace(message, index=last)
        return message

    def _short(self, cursor: _Cursor) -> Message:
        entries = tuple(self._entries(cursor))
        commit = cursor.number()
        term, index = self._last.term, self._last.index
        if entries and not term:
            # Nothing was seen before: a short append is only sent where its entries are of the leader's own term.
            term, index = entries[0].term, entries[0].index - 1
        return Message(
            type=MessageType.APP,
            receiver=self._last.receiver,
            sender=self._last.sender,
            term=term,
            log_term=term,
            index=index,
            entries=entries,
            commit=commit,
        )

    @staticmethod
    def _entries(cursor: _Cursor) -> list[Entry]:
        count = cursor.number()
        if count > LONGEST:
            raise Malformed(f"{count} entries in one append")
        return [raftpb.entry(cursor.sized()) for _ in range(count)]


def snapshot_head(data: bytes) -> bytes | None:
    """Return the octets of the message before a snapshot in a ``/raft/snapshot`` body, None until they are whole.

    Raises `Malformed` where its length can't be one.
    """
    try:
        return _Cursor(data).sized()
    except _NeedMoreError:
        return None


def guess(chunk: bytes) -> Callable[[], Stream] | None:
    """Tell the kind of a stream that was joined midway from the start of one of its chunks; None where it is unclear.

    etcd flushes whole messages, so that a chunk starts with one.
    """
    if not chunk:
        return None
    if chunk[0] in {APPEND_ENTRIES, APPEND}:
        return AppendStream
    size = int.from_bytes(chunk[:8], "big")
    return MessageStream if len(chunk) > 8 and 2 <= size <= LONGEST and chunk[8] == 0x08 else None  # noqa: PLR2004 - field 1 of a message
