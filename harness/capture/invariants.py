"""The invariants of a cluster, looked at on the wire: from captured events to the values that `harness.checks` judges.

What members' connections guarantee decides what is fed. A stream (the HTTP server's side of a connection) keeps the
order of its messages; posts, which go the other way, overtake each other, so they say nothing about order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture import events as ev
from harness.capture.leaders import LEADERS_MESSAGES
from harness.capture.notes import LOST
from harness.checks.invariants.cadence import HeartbeatCadence
from harness.checks.invariants.elections import OneLeaderPerTerm
from harness.checks.invariants.logs import CommittedStays, SameContent
from harness.checks.invariants.ownership import OneDhcpServer, OneOwner
from harness.checks.invariants.progress import CommitsGrow, TermsGrow
from harness.checks.invariants.seen import (
    AddressClaim,
    CommitSeen,
    EntrySeen,
    HeartbeatSeen,
    LeaderSeen,
    OfferSeen,
    TermSeen,
)
from harness.checks.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from harness.checks.invariants.invariant import Invariant
    from harness.checks.invariants.seen import Seen
    from harness.topology.model import Topology

PROPOSED_TERMS = (ev.RaftPreVote, ev.RaftPreVoteResponse)
"""Messages about a term that has not begun; a member that sends one is not in it."""
BOOT_SERVER_PORT = 4011


class Invariants:
    """All invariants of one lab: `feed` it events as they arrive, and ask for the verdicts at any time.

    `encrypted` are peer ports that speak TLS, where nothing can be said of Raft; those of the topology's stack are
    added where it says so, and those that are seen to. `patience` is the host's factor. After a checkpoint is restored,
    time has gone back for the whole cluster: begin anew with another one.
    """

    def __init__(self, topology: Topology, *, encrypted: Collection[int] = (), patience: float = 1.0) -> None:
        stack = topology.stack
        self._adapter = Adapter(segments(topology))
        self._encrypted = set(encrypted)
        self._all_encrypted = stack is not None and stack.raft.peer_tls
        self._lost = 0
        self._raft: list[Invariant] = []
        if stack is not None:
            self._raft += [OneLeaderPerTerm(), SameContent(), CommittedStays(), TermsGrow(), CommitsGrow()]
            self._raft.append(HeartbeatCadence(stack.raft.heartbeat, patience=patience))
        vips = {str(vip.address) for vip in topology.vips}
        self._others: list[Invariant] = [OneDhcpServer(), OneOwner(owners(topology), virtual=vips)]

    def feed(self, event: ev.Event) -> None:
        """Take the next event, in the order of time."""
        if _missing(event):
            self._lost += 1
        if isinstance(event, ev.TlsEvent) and event.expected == ev.RaftMessage.protocol:
            self._encrypted.add(event.server.port)
        for seen in self._adapter.seen(event):
            for invariant in (*self._raft, *self._others):
                invariant.feed(seen)

    def verdicts(self) -> list[Verdict]:
        """Return what is known so far, a verdict for each invariant by its name."""
        return [self._readable(one.verdict()) for one in self._raft] + [one.verdict() for one in self._others]

    def _readable(self, verdict: Verdict) -> Verdict:
        """Return a verdict about Raft, unknown where a part of what was said could not be read."""
        if verdict.valid is False:
            return verdict
        if self._all_encrypted or self._encrypted:
            ports = ", ".join(map(str, sorted(self._encrypted)))
            peers = f"peers on port {ports} speak TLS" if ports else "the peers speak TLS"
            return Verdict(None, f"{peers}, so their messages can't be read", name=verdict.name)
        if self._lost and verdict.valid:
            return Verdict(
                None,
                f"{verdict.because}, but a part of the traffic was not captured (holes: {self._lost})",
                name=verdict.name,
            )
        return verdict


def invariants(
    events: Iterable[ev.Event], topology: Topology, *, encrypted: Collection[int] = (), patience: float = 1.0
) -> list[Verdict]:
    """Return a verdict for each invariant about what was seen: a timeline, or any events in the order of time.

    The parameters are those of `Invariants`.
    """
    every = Invariants(topology, encrypted=encrypted, patience=patience)
    for event in events:
        every.feed(event)
    return every.verdicts()


@dataclass(frozen=True)
class Segments:
    """Which VLAN a frame is in: by its tag, or by the link of a card, where it has none; and the name of the rest."""

    by_tag: Mapping[int, str]
    by_link: Mapping[str, str]

    def of(self, event: ev.Event) -> str:
        """Return the name of a frame's VLAN, or its link's where the topology does not say."""
        if event.vlans:
            return self.by_tag.get(event.vlans[0], f"VLAN {event.vlans[0]}")
        return self.by_link.get(event.link, event.link)


def segments(topology: Topology) -> Segments:
    """Return a topology's segments. A link has the name of its machine and card, ``node01/eth0``."""
    untagged = {
        f"{machine.name}/{nic.name}": nic.untagged
        for machine in topology.machines
        for nic in machine.nics
        if nic.untagged is not None
    }
    return Segments({vlan.id: vlan.name for vlan in topology.vlans if vlan.id is not None}, untagged)


def owners(topology: Topology) -> dict[str, str]:
    """Return the MAC address of the card that each address of a topology belongs to."""
    return {
        str(address): nic.mac
        for machine in topology.machines
        for nic in machine.nics
        for address in nic.addresses.values()
        if address is not None
    }


class Adapter:
    """Turns events into what the invariants look at."""

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        self._clusters: dict[int, str] = {}
        self._ports: dict[int, str] = {}

    def seen(self, event: ev.Event) -> Iterator[Seen]:
        """Yield what an event shows."""
        if isinstance(event, ev.RaftMessage):
            yield from self._raft(event)
        elif isinstance(event, ev.DhcpOffer | ev.DhcpAck):
            yield from self._offer(event)
        elif isinstance(event, ev.ArpEvent) and int(event.sender):  # a probe has no sender (RFC 5227)
            claim = (self._segments.of(event), str(event.sender), event.sent_by)
            yield AddressClaim(event.time, where(event), *claim)

    def _offer(self, event: ev.DhcpOffer | ev.DhcpAck) -> Iterator[Seen]:
        """Yield who serves addresses; a server that only tells what to boot may stand beside it."""
        if event.address is not None and int(event.address) and event.server_port != BOOT_SERVER_PORT:
            yield OfferSeen(event.time, where(event), self._segments.of(event), event.sent_by)

    def _raft(self, event: ev.RaftMessage) -> Iterator[Seen]:
        if event.sender is None or not event.term:
            return
        at = (event.time, where(event), self._cluster(event))
        streamed = event.src_port == event.port
        flow = f"{event.link} {event.src}:{event.src_port} {event.dst}:{event.dst_port}"
        if streamed and not isinstance(event, PROPOSED_TERMS):
            yield TermSeen(*at, flow, event.sender, event.term)
        if not isinstance(event, LEADERS_MESSAGES):
            return
        yield LeaderSeen(*at, event.term, event.sender)
        yield from _log(event, at)
        if event.commit:
            # Posts have flows of their own: what they say is committed is, but not in any order.
            order = f"{flow} {event.kind}" if streamed else f"{where(event)} posted"
            yield CommitSeen(*at, order, event.term, event.commit)
        if isinstance(event, ev.RaftHeartbeat) and not event.context and event.receiver is not None:
            yield HeartbeatSeen(*at, flow, event.term, event.sender, event.receiver)

    def _cluster(self, event: ev.RaftMessage) -> str:
        """Return the cluster's name: as its connection told it, or its sender's, or the first one on its port."""
        if event.cluster and event.sender is not None:
            self._clusters[event.sender] = event.cluster
            self._ports.setdefault(event.port, event.cluster)
            return event.cluster
        return self._clusters.get(event.sender or 0) or self._ports.get(event.port, f"port {event.port}")


def _missing(event: ev.Event) -> bool:
    """Return whether a part of what members said is missing from the capture, or can't be read."""
    match event:
        case ev.Undecodable(expected=protocol) | ev.TcpGap(carried=protocol):
            return protocol == ev.RaftMessage.protocol
        case ev.HarnessEvent(what=what):
            return what == LOST
    return False


def _log(event: ev.RaftMessage, at: tuple[int, str, str]) -> Iterator[EntrySeen]:
    """Yield what a leader's message says of its log: the entry that it follows on, and those that it carries."""
    if event.index and not isinstance(event, ev.RaftHeartbeat):
        yield EntrySeen(*at, event.term, event.index, event.log_term, None)
    for entry in event.entries:
        yield EntrySeen(*at, event.term, entry.index, entry.term, entry.digest)


def where(event: ev.Event) -> str:
    """Return what finds an event again in its capture."""
    return f"frame {event.frame}"
