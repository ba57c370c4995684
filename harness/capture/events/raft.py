"""What was seen of Raft, as etcd's peers speak it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.capture.events.event import Event

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class RaftEntry:
    """An entry of the log: type 0 is a command, 1 and 2 are changes of the membership. `digest` is that of its data."""

    term: int
    index: int
    type: int
    length: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class RaftEvent(Event):
    """Something between members; `port` is the peer port that it was seen on.

    `cluster` is the cluster's identifier as the connection told it, empty where its start was not captured.
    """

    protocol = "raft"

    port: int
    cluster: str


@dataclass(frozen=True, slots=True)
class RaftMessage(RaftEvent):
    """A message between members; see raftpb.Message for its fields.

    `sender` and `receiver` are member identifiers, None where neither the message nor its connection told.
    """

    type_name: ClassVar[str] = ""

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

    def standard(self) -> Mapping[str, object]:
        """Return raftpb's names of what is called otherwise here; members in hexadecimal, as etcd writes them."""
        return {
            "type": self.type_name,
            "to": _member(self.receiver),
            "from": _member(self.sender),
            "logTerm": self.log_term,
            "rejectHint": self.reject_hint,
        }


@dataclass(frozen=True, slots=True)
class RaftProposal(RaftMessage):
    """A follower forwards a client's command to the leader."""

    type_name = "MsgProp"


@dataclass(frozen=True, slots=True)
class RaftAppend(RaftMessage):
    """The leader of `term` appends `entries` after `index`."""

    type_name = "MsgApp"


@dataclass(frozen=True, slots=True)
class RaftAppendResponse(RaftMessage):
    """A follower's log matches up to `index`, or does not (`reject`)."""

    type_name = "MsgAppResp"


@dataclass(frozen=True, slots=True)
class RaftVote(RaftMessage):
    """A candidate asks for a vote in `term`; its log ends at `index` and `log_term`."""

    type_name = "MsgVote"


@dataclass(frozen=True, slots=True)
class RaftVoteResponse(RaftMessage):
    """A member grants its vote, or does not (`reject`)."""

    type_name = "MsgVoteResp"


@dataclass(frozen=True, slots=True)
class RaftPreVote(RaftMessage):
    """A member asks whether it could win `term`, which has not begun."""

    type_name = "MsgPreVote"


@dataclass(frozen=True, slots=True)
class RaftPreVoteResponse(RaftMessage):
    """The answer to that."""

    type_name = "MsgPreVoteResp"


@dataclass(frozen=True, slots=True)
class RaftSnapshot(RaftMessage):
    """The leader of `term` sends its state up to `index` and `log_term`, in place of entries.

    `voters` and `learners` are the members at that point. The state itself is told by `RaftSnapshotSent`.
    """

    type_name = "MsgSnap"

    voters: tuple[int, ...] = ()
    learners: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RaftHeartbeat(RaftMessage):
    """The leader of `term` is alive."""

    type_name = "MsgHeartbeat"


@dataclass(frozen=True, slots=True)
class RaftHeartbeatResponse(RaftMessage):
    """A follower is alive."""

    type_name = "MsgHeartbeatResp"


@dataclass(frozen=True, slots=True)
class RaftTransferLeader(RaftMessage):
    """A leader is asked to make way."""

    type_name = "MsgTransferLeader"


@dataclass(frozen=True, slots=True)
class RaftTimeoutNow(RaftMessage):
    """A leader tells a follower to start an election at once."""

    type_name = "MsgTimeoutNow"


@dataclass(frozen=True, slots=True)
class RaftReadIndex(RaftMessage):
    """A follower asks up to where a read has to wait."""

    type_name = "MsgReadIndex"


@dataclass(frozen=True, slots=True)
class RaftReadIndexResponse(RaftMessage):
    """The answer to that."""

    type_name = "MsgReadIndexResp"


@dataclass(frozen=True, slots=True)
class RaftForgetLeader(RaftMessage):
    """A follower is to forget its leader."""

    type_name = "MsgForgetLeader"


@dataclass(frozen=True, slots=True)
class RaftOther(RaftMessage):
    """A message of a type that has no meaning between members."""

    type: int

    def standard(self) -> Mapping[str, object]:
        """Return raftpb's names, with the type as its number."""
        return {**RaftMessage.standard(self), "type": self.type}


@dataclass(frozen=True, slots=True)
class RaftSnapshotSent(RaftEvent):
    """The end of a snapshot's state, of `octets`, of which `missing` were not kept or not captured.

    `whole` says whether all came that was promised. The other fields are those of the `RaftSnapshot` before it.
    """

    sender: int | None
    receiver: int | None
    term: int
    index: int
    log_term: int
    octets: int
    missing: int
    whole: bool

    def standard(self) -> Mapping[str, object]:
        """Return raftpb's names of what is called otherwise here."""
        return {"to": _member(self.receiver), "from": _member(self.sender), "logTerm": self.log_term}


@dataclass(frozen=True, slots=True)
class RaftMembershipChange(RaftEvent):
    """The leader appends a change of the membership to a follower's log; it is in force once it is committed.

    Told for each follower that it is sent to. `change` is raftpb's ConfChangeType, such as ``ConfChangeAddNode``, for
    `member`. `name`, `peer_urls` and `promotes` (a learner becomes a voter) are etcd's own, where it says them.
    """

    sender: int | None
    receiver: int | None
    term: int
    index: int
    change: str
    member: int
    name: str
    peer_urls: tuple[str, ...]
    promotes: bool

    def standard(self) -> Mapping[str, object]:
        """Return raftpb's and etcd's names of what is called otherwise here."""
        return {
            "type": self.change,
            "to": _member(self.receiver),
            "from": _member(self.sender),
            "nodeId": _member(self.member),
            "peerURLs": list(self.peer_urls),
            "isPromote": self.promotes,
        }


@dataclass(frozen=True, slots=True)
class RaftRefused(RaftEvent):
    """A member refuses another one's stream or post, with HTTP's `status`.

    404 says that it does not know the member, 410 that the member was removed, 412 that its cluster is another one.
    It is an event of HTTP, because no Raft was spoken.
    """

    protocol = "http"

    target: str
    status: int


def _member(identifier: int | None) -> str | None:
    return None if identifier is None else f"{identifier:x}"
