"""What was seen of Raft, as etcd's peers speak it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.capture.events.event import Event


@dataclass(frozen=True, slots=True)
class RaftEntry:
    """An entry of the log: type 0 is a command, 1 and 2 are changes of the membership. `digest` is that of its data."""

    term: int
    index: int
    type: int
    length: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class RaftMessage(Event):
    """A message between members; see raftpb.Message for its fields.

    `port` is the peer port that it was seen on, `cluster` the cluster's identifier as its connection told it, empty
    where the connection's start was not captured. `sender` and `receiver` are member identifiers, None where neither
    the message nor its connection told.
    """

    protocol = "raft"

    port: int
    cluster: str
    sender: int | None
    receiver: int | None
    term: int
    index: int
    log_term: int
    commit: int
    reject: bool
    reject_hint: int
    entries: tuple[RaftEntry, ...]
    context: bytes


@dataclass(frozen=True, slots=True)
class RaftProposal(RaftMessage):
    """A follower forwards a client's command to the leader."""


@dataclass(frozen=True, slots=True)
class RaftAppend(RaftMessage):
    """The leader of `term` appends `entries` after `index`."""


@dataclass(frozen=True, slots=True)
class RaftAppendResponse(RaftMessage):
    """A follower's log matches up to `index`, or does not (`reject`)."""


@dataclass(frozen=True, slots=True)
class RaftVote(RaftMessage):
    """A candidate asks for a vote in `term`; its log ends at `index` and `log_term`."""


@dataclass(frozen=True, slots=True)
class RaftVoteResponse(RaftMessage):
    """A member grants its vote, or does not (`reject`)."""


@dataclass(frozen=True, slots=True)
class RaftPreVote(RaftMessage):
    """A member asks whether it could win `term`, which has not begun."""


@dataclass(frozen=True, slots=True)
class RaftPreVoteResponse(RaftMessage):
    """The answer to that."""


@dataclass(frozen=True, slots=True)
class RaftSnapshot(RaftMessage):
    """The leader of `term` sends its state up to `index` and `log_term`, in place of entries."""


@dataclass(frozen=True, slots=True)
class RaftHeartbeat(RaftMessage):
    """The leader of `term` is alive."""


@dataclass(frozen=True, slots=True)
class RaftHeartbeatResponse(RaftMessage):
    """A follower is alive."""


@dataclass(frozen=True, slots=True)
class RaftTransferLeader(RaftMessage):
    """A leader is asked to make way."""


@dataclass(frozen=True, slots=True)
class RaftTimeoutNow(RaftMessage):
    """A leader tells a follower to start an election at once."""


@dataclass(frozen=True, slots=True)
class RaftReadIndex(RaftMessage):
    """A follower asks up to where a read has to wait."""


@dataclass(frozen=True, slots=True)
class RaftReadIndexResponse(RaftMessage):
    """The answer to that."""


@dataclass(frozen=True, slots=True)
class RaftOther(RaftMessage):
    """A message of a type that has no meaning between members."""

    type: int
