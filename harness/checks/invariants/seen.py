"""What the invariants of a cluster look at: small values, each with the moment and the place that prove it.

`time` is in nanoseconds, `where` whatever finds the proof again (a frame's number). `cluster` tells clusters apart,
whose terms have nothing to do with each other.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """Something was seen."""

    time: int
    where: str


@dataclass(frozen=True, slots=True)
class LeaderSeen(Seen):
    """`member` acted as the leader of `term`."""

    cluster: str
    term: int
    member: int


@dataclass(frozen=True, slots=True)
class EntrySeen(Seen):
    """The leader of `leader_term` has the entry `index` of `term` in its log.

    `digest` is that of its content, None where only its term is known.
    """

    cluster: str
    leader_term: int
    index: int
    term: int
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class CommitSeen(Seen):
    """The leader of `term` says that everything up to `index` is committed; `flow` as for `TermSeen`."""

    cluster: str
    flow: str
    term: int
    index: int


@dataclass(frozen=True, slots=True)
class TermSeen(Seen):
    """`member` is in `term`. A flow is what keeps the order in which a member sent: one direction of a connection."""

    cluster: str
    flow: str
    member: int
    term: int


@dataclass(frozen=True, slots=True)
class HeartbeatSeen(Seen):
    """The leader of `term` sent one of its regular heartbeats to `receiver`."""

    cluster: str
    flow: str
    term: int
    member: int
    receiver: int


@dataclass(frozen=True, slots=True)
class OfferSeen(Seen):
    """`server` (its MAC address) offers or grants addresses on a segment."""

    segment: str
    server: str


@dataclass(frozen=True, slots=True)
class AddressClaim(Seen):
    """`owner` (its MAC address) says that it has `address` on a segment."""

    segment: str
    address: str
    owner: str
