"""Raft messages as etcd encodes them (go.etcd.io/raft, raftpb/raft.proto).

Fields are read by number: etcd 3.4 and 3.5 write them all, even when zero; newer versions omit what is not set.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from harness.capture.protocols.protobuf import fields, integer, integers, octets


class MessageType(IntEnum):
    """raftpb.MessageType; types that are not listed never travel between members."""

    PROP = 2
    APP = 3
    APP_RESP = 4
    VOTE = 5
    VOTE_RESP = 6
    SNAP = 7
    HEARTBEAT = 8
    HEARTBEAT_RESP = 9
    TRANSFER_LEADER = 13
    TIMEOUT_NOW = 14
    READ_INDEX = 15
    READ_INDEX_RESP = 16
    PRE_VOTE = 17
    PRE_VOTE_RESP = 18
    FORGET_LEADER = 23


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the log. Type 0 is a command, 1 and 2 are changes of the membership."""

    type: int = 0
    term: int = 0
    index: int = 0
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Message:
    """A message; `index` and `log_term` name the entry before `entries`. `voters` and `learners` are a snapshot's."""

    type: int = 0
    receiver: int = 0
    sender: int = 0
    term: int = 0
    log_term: int = 0
    index: int = 0
    entries: tuple[Entry, ...] = ()
    commit: int = 0
    snapshot_index: int = 0
    snapshot_term: int = 0
    voters: tuple[int, ...] = ()
    learners: tuple[int, ...] = ()
    reject: bool = False
    reject_hint: int = 0
    context: bytes = b""

    @property
    def link_heartbeat(self) -> bool:
        """Whether this only keeps a connection open and is no Raft message."""
        return self.type == MessageType.HEARTBEAT and not self.sender and not self.receiver


NUMBERS = {1: "type", 2: "receiver", 3: "sender", 4: "term", 5: "log_term", 6: "index", 8: "commit", 11: "reject_hint"}


def message(data: bytes) -> Message:
    """Decode a raftpb.Message. Raises `Malformed`."""
    found: dict[str, int] = {}
    entries = []
    snapshot: tuple[int, int, tuple[int, ...], tuple[int, ...]] = (0, 0, (), ())
    reject = False
    context = b""
    for number, value in fields(data):
        if number in NUMBERS:
            found[NUMBERS[number]] = integer(value)
        elif number == 7:  # noqa: PLR2004 - the field's number
            entries.append(entry(octets(value)))
        elif number == 9:  # noqa: PLR2004 - as above
            snapshot = _snapshot(octets(value))
        elif number == 10:  # noqa: PLR2004 - as above
            reject = bool(integer(value))
        elif number == 12:  # noqa: PLR2004 - as above
            context = octets(value)
    index, term, voters, learners = snapshot
    return Message(
        **found,
        entries=tuple(entries),
        snapshot_index=index,
        snapshot_term=term,
        voters=voters,
        learners=learners,
        reject=reject,
        context=context,
    )


def entry(data: bytes) -> Entry:
    """Decode a raftpb.Entry. Raises `Malformed`."""
    found = dict(fields(data))
    return Entry(
        integer(found.get(1, 0)), integer(found.get(2, 0)), integer(found.get(3, 0)), octets(found.get(4, b""))
    )


@lru_cache(maxsize=8)  # every message has one, nearly always the same: an empty one
def _snapshot(data: bytes) -> tuple[int, int, tuple[int, ...], tuple[int, ...]]:
    """Return the index, the term, the voters and the learners of a raftpb.Snapshot's metadata."""
    metadata = dict(fields(octets(dict(fields(data)).get(2, b""))))
    members = list(fields(octets(metadata.get(1, b""))))
    voters = tuple(one for number, value in members if number == 1 for one in integers(value))
    learners = tuple(one for number, value in members if number == 2 for one in integers(value))  # noqa: PLR2004 - the field's number
    return integer(metadata.get(2, 0)), integer(metadata.get(3, 0)), voters, learners
