"""Raft messages as events, with the changes of the membership that they bring."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from harness.capture import events
from harness.capture.protocols import membership, raftpb
from harness.capture.protocols.malformed import Malformed
from harness.capture.protocols.raftpb import Message, MessageType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.capture.events import Event, Origin, RaftMessage

DIGEST_SIZE = 8

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
    MessageType.FORGET_LEADER: events.RaftForgetLeader,
}


def told(message: Message, origin: Origin, port: int, cluster: str) -> Iterator[Event]:
    """Yield a message's event, and those of the changes of the membership that it appends to a log."""
    kind = EVENTS.get(message.type)
    fields = {"port": port, "cluster": cluster, **_fields(message)}
    if kind is None:
        yield events.RaftOther(*origin, **fields, type=message.type)
    elif kind is events.RaftSnapshot:
        yield events.RaftSnapshot(*origin, **fields, voters=message.voters, learners=message.learners)
    else:
        yield kind(*origin, **fields)
    if message.type == MessageType.APP:
        for entry in message.entries:
            if entry.type:
                yield from _changes(entry, message, origin, (port, cluster))


def _changes(entry: raftpb.Entry, message: Message, origin: Origin, where: tuple[int, str]) -> Iterator[Event]:
    try:
        changes = membership.changes(entry)
    except Malformed as problem:
        reason = f"{problem} (entry {entry.index} of term {entry.term})"
        yield events.Undecodable(*origin, events.RaftEvent.protocol, reason)
        return
    for change in changes:
        yield events.RaftMembershipChange(
            *origin,
            *where,
            sender=message.sender or None,
            receiver=message.receiver or None,
            term=entry.term,
            index=entry.index,
            change=change.type,
            member=change.member,
            name=change.name,
            peer_urls=change.peer_urls,
            promotes=change.promotes,
        )


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
