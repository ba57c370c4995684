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
    from collections.abc import Callable, Iterator

STREAM_PATH = "/raft/stream/"
PIPELINE_PATH = "/raft"
SNAPSHOT_PATH = "/raft/snapshot"
LENGTH = 8
"""Octets of the length before a message."""
PROBING_PATH = "/raft/probing"

LINK_HEARTBEAT, APPEND_ENTRIES, APPEND = range(3)

LONGEST = 1 << 24
"""The longest message that is believed, in octets; etcd itself sends no more than about 2 MiB at once."""

TYPES = frozenset(MessageType)
ENTRY_TYPES = range(3)


class _NeedMoreError(Exception):
    """A message is not whole yet; `end` is where it can be, at the earliest."""

    def __init__(self, end: int) -> None:
        super().__init__()
        self.end = end


class _Cursor:
    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def take(self, octets: int) -> bytes:
        end = self.at + octets
        if end > len(self.data):
            raise _NeedMoreError(end)
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
        self._buffer = bytearray()
        self._needed = 1

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take the next octets and yield the messages that they complete. Raises `Malformed`."""
        self._buffer += data
        if len(self._buffer) < self._needed:
            return
        held = bytes(self._buffer)
        start, self._needed = 0, 1
        while start < len(held):
            cursor = _Cursor(held, start)
            try:
                message = self.take(cursor)
            except _NeedMoreError as more:
                self._needed = more.end - start
                break
            start = cursor.at
            if message is not None and not message.link_heartbeat:
                yield message
        del self._buffer[:start]

    def take(self, cursor: _Cursor) -> Message | None:
        """Take one message off; None for one that says nothing. Raises `Malformed`."""
        raise NotImplementedError


class MessageStream(Stream):
    """``message``: each message has its length before it, as 8 octets."""

    def take(self, cursor: _Cursor) -> Message:
        """Take one message off. Raises `Malformed`."""
        return raftpb.message(cursor.sized())


class AppendStream(Stream):
    """``msgapp``, version 2: appends of which only the first says all, and the next only their entries.

    Such a short append goes on where the one before it ended: with the same term, from the index after. Its sender and
    receiver are those of the connection, or 0 until a full append tells them. Where its start was not captured, its
    entries' own term and index tell the place; without entries it says nothing until then, and is left out.
    """

    def __init__(self, sender: int = 0, receiver: int = 0) -> None:
        super().__init__()
        self._last = Message(sender=sender, receiver=receiver)

    def take(self, cursor: _Cursor) -> Message | None:
        """Take one message off; None for a keep-alive. Raises `Malformed`."""
        (tag,) = cursor.take(1)
        if tag == LINK_HEARTBEAT:
            return None
        message: Message | None
        if tag == APPEND:
            message = raftpb.message(cursor.sized())
        elif tag == APPEND_ENTRIES:
            message = self._short(cursor)
        else:
            raise Malformed(f"tag {tag} in an append stream, not 0, 1 or 2")
        if message is not None and not message.link_heartbeat:
            last = message.entries[-1].index if message.entries else message.index
            self._last = replace(message, index=last)
        return message

    def _short(self, cursor: _Cursor) -> Message | None:
        entries = tuple(self._entries(cursor))
        commit = cursor.number()
        term, index = self._last.term, self._last.index
        if entries and not term:
            # Nothing was seen before: a short append is only sent where its entries are of the leader's own term.
            term, index = entries[0].term, max(entries[0].index - 1, 0)
        if not term:
            return None
        run = [entry.index for entry in entries]
        if run != list(range(index + 1, index + 1 + len(run))):
            raise Malformed(f"a short append with entries {run[0]} to {run[-1]} after entry {index}")
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


def proves(kind: Callable[[], Stream], data: bytes) -> bool | None:
    """Whether octets are the start of messages of a stream of that kind, beyond doubt; None where more are needed.

    A message proves it that has the length which stands before it, a type that exists, and both members; so do a short
    append's entries of one term that follow each other. Keep-alives of an append stream prove nothing.
    """
    stream = kind()
    cursor = _Cursor(data)
    try:
        while True:
            message = stream.take(cursor)
            if message is not None:
                return _plausible(message)
    except _NeedMoreError:
        return None
    except Malformed:
        return False


def _plausible(message: Message) -> bool:
    if message.link_heartbeat:
        return replace(message, type=0) == Message()
    if message.type not in TYPES:
        return False
    if message.type == MessageType.APP and not all(_fits(entry, message.term) for entry in message.entries):
        return False
    return bool(message.entries) or (message.sender > 0 and message.receiver > 0)


def _fits(entry: Entry, term: int) -> bool:
    return entry.type in ENTRY_TYPES and 0 < entry.term <= term
