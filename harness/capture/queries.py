"""What assertions ask of a timeline, protocol by protocol: ``wire.dhcp.offers(to=mac)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from harness.capture import events as ev
from harness.capture import leaders
from harness.capture.notes import LOST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.capture.leaders import Leader

E = TypeVar("E", bound=ev.Event)


class Queries:
    """Questions about some of the events of a timeline, which are in the order of time."""

    def __init__(self, events: Sequence[ev.Event]) -> None:
        self._events = events

    def _of(self, kind: type[E]) -> list[E]:
        return [event for event in self._events if isinstance(event, kind)]


class DhcpQueries(Queries):
    """DHCP, by the MAC address of the client; every client's where none is given."""

    def discovers(self, from_mac: str | None = None) -> Sequence[ev.DhcpDiscover]:
        """Return the discovers."""
        return self._about(ev.DhcpDiscover, from_mac)

    def offers(self, to: str | None = None) -> Sequence[ev.DhcpOffer]:
        """Return the offers."""
        return self._about(ev.DhcpOffer, to)

    def requests(self, from_mac: str | None = None) -> Sequence[ev.DhcpRequest]:
        """Return the requests."""
        return self._about(ev.DhcpRequest, from_mac)

    def acks(self, to: str | None = None) -> Sequence[ev.DhcpAck]:
        """Return the acknowledgements."""
        return self._about(ev.DhcpAck, to)

    def naks(self, to: str | None = None) -> Sequence[ev.DhcpNak]:
        """Return the refusals."""
        return self._about(ev.DhcpNak, to)

    def messages(self, client: str | None = None) -> Sequence[ev.DhcpEvent]:
        """Return all messages."""
        return self._about(ev.DhcpEvent, client)

    def _about(self, kind: type[D], client: str | None) -> list[D]:
        return [event for event in self._of(kind) if client in {None, event.client}]


D = TypeVar("D", bound=ev.DhcpEvent)


class TftpQueries(Queries):
    """TFTP, by the MAC address of the client; every client's where none is given."""

    def requests(self, from_mac: str | None = None) -> Sequence[ev.TftpRequest]:
        """Return the requests for files."""
        return [event for event in self._of(ev.TftpRequest) if from_mac in {None, event.sent_by}]

    def completed(self, by: str | None = None) -> Sequence[ev.TftpComplete]:
        """Return the transfers of which the last block was acknowledged."""
        return [event for event in self._of(ev.TftpComplete) if by in {None, event.sent_by}]

    def errors(self, mac: str | None = None) -> Sequence[ev.TftpError]:
        """Return the errors that a machine sent or got."""
        return [event for event in self._of(ev.TftpError) if mac in {None, event.sent_by, event.sent_to}]


class HttpQueries(Queries):
    """HTTP, by the MAC address of the client, which has to be on the captured link itself."""

    def requests(self, from_mac: str | None = None) -> Sequence[ev.HttpRequest]:
        """Return the requests."""
        return [event for event in self._of(ev.HttpRequest) if from_mac in {None, event.sent_by}]

    def responses(self, to: str | None = None) -> Sequence[ev.HttpResponse]:
        """Return the heads of the responses."""
        return [event for event in self._of(ev.HttpResponse) if to in {None, event.sent_to}]

    def completed(self, to: str | None = None) -> Sequence[ev.HttpComplete]:
        """Return the ends of the responses."""
        return [event for event in self._of(ev.HttpComplete) if to in {None, event.sent_to}]


class RaftQueries(Queries):
    """Raft. `on` narrows it to one cluster by its peer ports; a capture of several has to be asked so."""

    def on(self, *ports: int) -> RaftQueries:
        """Return the questions about the cluster whose members listen on these peer ports."""
        raft = [event for event in self._events if isinstance(event, ev.RaftEvent) and event.port in ports]
        encrypted = [event for event in self._of(ev.TlsEvent) if event.server.port in ports]
        return RaftQueries([*raft, *encrypted])

    def messages(self, kind: type[R] | None = None) -> Sequence[R | ev.RaftMessage]:
        """Return the messages, of one kind where it is given."""
        return self._of(kind or ev.RaftMessage)

    def encrypted(self) -> set[ev.Endpoint]:
        """Return the peers that speak TLS: what members say there is not known, and nothing of it is decoded.

        Whatever is asked of Raft has to be taken for unknown while this is not empty.
        """
        return {event.server for event in self._of(ev.TlsEvent) if event.expected == "raft"}

    def membership_changes(self) -> Sequence[ev.RaftMembershipChange]:
        """Return the changes of the membership that leaders sent to their followers."""
        return self._of(ev.RaftMembershipChange)

    def leaders(self) -> Sequence[Leader]:
        """Return the first proof of each leader of each term."""
        return list(leaders.leaders(self._events))

    def leaders_per_term(self) -> dict[int, set[int]]:
        """Return the members that led each term; more than one in a term breaks Raft's election safety."""
        return leaders.leaders_per_term(self._events)

    def leader_elected(self, after: int = 0) -> Leader | None:
        """Return the first proof of a leader not known before `after` (nanoseconds since 1970)."""
        return leaders.leader_elected(self._events, after=after)


R = TypeVar("R", bound=ev.RaftMessage)


class GossipQueries(Queries):
    """Gossip, by the name of the node that it is about; every node where none is given."""

    def alive(self, node: str | None = None) -> Sequence[ev.GossipAlive]:
        """Return what says that a node is alive."""
        return [event for event in self._of(ev.GossipAlive) if node in {None, event.node}]

    def suspects(self, node: str | None = None) -> Sequence[ev.GossipSuspect]:
        """Return what says that a node is suspected."""
        return [event for event in self._of(ev.GossipSuspect) if node in {None, event.node}]

    def dead(self, node: str | None = None) -> Sequence[ev.GossipDead]:
        """Return what says that a node is dead, or left."""
        return [event for event in self._of(ev.GossipDead) if node in {None, event.node}]

    def messages(self) -> Sequence[ev.GossipEvent]:
        """Return all messages."""
        return self._of(ev.GossipEvent)


class HarnessQueries(Queries):
    """What the harness did, by a word for it and by a link or machine that it did it to; everything without these."""

    def done(self, what: str | None = None, *, to: str | None = None) -> Sequence[ev.HarnessEvent]:
        """Return what was done: ``cut``, ``power on``, ``phase`` and so on; see `HarnessEvent`."""
        every = self._of(ev.HarnessEvent)
        return [event for event in every if what in {None, event.what} and (to is None or to in event.who)]

    def lost(self) -> Sequence[ev.HarnessEvent]:
        """Return the times in which frames passed that were not captured."""
        return self.done(LOST)
