"""What was seen of gossip: memberlist, and serf within it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.capture.events.event import Event


@dataclass(frozen=True, slots=True)
class GossipEvent(Event):
    """A message of memberlist; `port` is the gossip port that it was sent to."""

    protocol = "gossip"

    port: int


@dataclass(frozen=True, slots=True)
class GossipPing(GossipEvent):
    """A member probes `node`."""

    node: str
    sequence: int


@dataclass(frozen=True, slots=True)
class GossipIndirectPing(GossipEvent):
    """A member asks another one to probe `node`."""

    node: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Coordinate:
    """Where a node finds itself among the others by how long probes take (Vivaldi): seconds, `height` included."""

    vector: tuple[float, ...]
    error: float
    adjustment: float
    height: float


@dataclass(frozen=True, slots=True)
class GossipAck(GossipEvent):
    """A probe is answered; `coordinate` is the node's own, where it says."""

    sequence: int
    coordinate: Coordinate | None = None


@dataclass(frozen=True, slots=True)
class GossipNack(GossipEvent):
    """An indirect probe found no answer."""

    sequence: int


@dataclass(frozen=True, slots=True)
class GossipAlive(GossipEvent):
    """Somebody says that `node` is alive."""

    node: str
    incarnation: int
    address: str
    node_port: int
    tags: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class GossipSuspect(GossipEvent):
    """`accuser` suspects that `node` is dead."""

    node: str
    incarnation: int
    accuser: str


@dataclass(frozen=True, slots=True)
class GossipDead(GossipEvent):
    """`accuser` declares `node` dead; a node that declares itself dead leaves."""

    node: str
    incarnation: int
    accuser: str

    @property
    def left(self) -> bool:
        """Whether the node says so itself, because it leaves."""
        return self.accuser == self.node


@dataclass(frozen=True, slots=True)
class GossipError(GossipEvent):
    """A member could not do what it was asked over TCP."""

    text: str


@dataclass(frozen=True, slots=True)
class GossipUser(GossipEvent):
    """A message of memberlist's user, other than serf, with its number of octets."""

    octets: int


@dataclass(frozen=True, slots=True)
class GossipEncrypted(GossipEvent):
    """Gossip that is encrypted, with its number of octets. What it says is not known."""

    octets: int
    version: int


@dataclass(frozen=True, slots=True)
class GossipNode:
    """What a member knows of a node: `state` is alive, suspect, dead or left."""

    node: str
    address: str
    port: int
    incarnation: int
    state: str
    tags: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class GossipPushPull(GossipEvent):
    """A member sends all that it knows over TCP, and its user's state of so many octets; `join` says that it is new."""

    join: bool
    nodes: tuple[GossipNode, ...]
    user_octets: int


@dataclass(frozen=True, slots=True)
class SerfMessage(GossipEvent):
    """A message of serf: its `type` in words, its Lamport time, and the node or the event's name that it is about."""

    type: str
    lamport_time: int
    about: str


@dataclass(frozen=True, slots=True)
class SerfLeave(SerfMessage):
    """A node leaves, by its own intent; `prune` says that it shall be forgotten at once."""

    prune: bool


@dataclass(frozen=True, slots=True)
class SerfJoin(SerfMessage):
    """A node joins."""


@dataclass(frozen=True, slots=True)
class SerfPushPull(SerfMessage):
    """What serf adds to a push/pull: the nodes' Lamport times, those that left, and the names of recent events."""

    status_times: tuple[tuple[str, int], ...]
    left: tuple[str, ...]
    event_time: int
    query_time: int
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SerfUserEvent(SerfMessage):
    """A node broadcasts a user event."""

    payload: bytes
    coalesce: bool


@dataclass(frozen=True, slots=True)
class SerfQuery(SerfMessage):
    """`source` asks all nodes, within `timeout` nanoseconds. Flag 1 asks for acknowledgements, 2 for no broadcast."""

    id: int
    source: str
    flags: int
    relay_factor: int
    timeout: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class SerfQueryResponse(SerfMessage):
    """The answer to a query, or its acknowledgement (flag 1)."""

    id: int
    flags: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class SerfRelay(SerfMessage):
    """A message is to be passed on to the node that it is about; the message itself is told beside it."""
