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
class GossipAck(GossipEvent):
    """A probe is answered."""

    sequence: int


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
class SerfMessage(GossipEvent):
    """A message of serf: its `type` in words, its Lamport time, and the node or the event's name that it is about."""

    type: str
    lamport_time: int
    about: str
