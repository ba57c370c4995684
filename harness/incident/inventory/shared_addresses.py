"""Members that share one address, told apart by the ports at which they listen: each gets an address of its own. Pure.

Labs on one machine run their members on 127.0.0.1. Everything that is inferred knows machines by their addresses, so
that such members are given addresses before, and their peers' port, as if each had a machine of its own.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any, TypeVar

from harness.capture.events import (
    Endpoint,
    GossipAlive,
    GossipEvent,
    GossipPushPull,
    RaftEvent,
    RaftMembershipChange,
    RaftMessage,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from harness.capture.events import Event
    from harness.incident.files.spoken_ports import Dialled, End

    Told = TypeVar("Told", bound="Event")

RAFT, GOSSIP = 2380, 7946
"""The usual ports of etcd's peers and of memberlist."""
FIRST_NUMBER = 11
SUBNETS = tuple(IPv4Network(f"192.168.{number}.0/24") for number in range(100, 200))


@dataclass(frozen=True)
class Homes:
    """The address and port that stand for each end as it was captured; `names` has for each address what it is called.

    That is by its port, where nothing tells a better name. `notes` say what stands for what.
    """

    ends: Mapping[End, End] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    members: Mapping[int, End] = field(default_factory=dict)
    """Where each member of Raft listens as it was captured, by its identifier."""
    called: Mapping[End, str] = field(default_factory=dict)
    """What is called so, by where it listens as it was captured."""

    def event(self, event: Told) -> Told:
        """Return an event with the ends that stand for its own."""
        if not self.ends:
            return event
        changes: dict[str, Any] = {}
        for one in fields(event):
            value = getattr(event, one.name)
            if isinstance(value, Endpoint) and (end := self.ends.get((str(value.address), value.port))):
                changes[one.name] = Endpoint(ip_address(end[0]), end[1])
        for address, port in (("src", "src_port"), ("dst", "dst_port")):
            if end := self.ends.get((getattr(event, address), getattr(event, port))):
                changes[address], changes[port] = end
        return replace(event, **changes, **self._within(event)) if changes else event

    def _within(self, event: Event) -> dict[str, Any]:
        """Return what a message itself says of ends, as it has to be."""
        found: dict[str, Any] = {}
        if isinstance(event, RaftEvent | GossipEvent):
            listener = (event.src, event.port) if (event.src, event.port) in self.ends else (event.dst, event.port)
            found["port"] = self.ends.get(listener, listener)[1]
        if isinstance(event, GossipAlive):
            found["address"], found["node_port"] = self._end(event.address, event.node_port)
        elif isinstance(event, GossipPushPull):
            found["nodes"] = tuple(
                replace(one, address=end[0], port=end[1])
                for one in event.nodes
                for end in [self._end(one.address, one.port)]
            )
        elif isinstance(event, RaftMembershipChange):
            found["peer_urls"] = tuple(self._url(one) for one in event.peer_urls)
        return found

    def _end(self, address: str, port: int) -> End:
        return self.ends.get((address, port), (address, port))

    def _url(self, url: str) -> str:
        scheme, _, rest = url.partition("://")
        address, _, port = rest.rpartition(":")
        if not port.isdecimal():
            return url
        there = self._end(address.strip("[]"), int(port))
        return f"{scheme}://{there[0]}:{there[1]}"


def homes(
    dialled: Iterable[Dialled],
    events: Sequence[Event],
    addresses: Collection[str],
    talks: Iterable[tuple[str, str, int, int]] = (),
) -> Homes:
    """Return where members live that share an address, as they evidently do: they talk to each other from it.

    `dialled` and `events` are what members said, `addresses` those that captures have: of their subnets none is taken.
    `talks` has of each packet from an address to itself what it carries, the address and both ports: members of gossip
    that can't be read show by who talks to whom. Ends of which nobody tells whose they are, such as a client's, stay
    where they are.
    """
    within = [one for one in dialled if one.client[0] == one.server[0]]
    raft = _raft(within, events)
    members = dict.fromkeys(raft, RAFT) | dict.fromkeys(_gossip(events) | _by_shape(talks), GOSSIP)
    shared = {address for address, _ in members if sum(end[0] == address for end in members) > 1}
    known = sorted(end for end in members if end[0] in shared)
    if not known:
        return Homes()
    subnet = _free(addresses)
    if len(known) > subnet.num_addresses - FIRST_NUMBER - 1:
        return Homes(notes=[f"{len(known)} members share an address: too many to be told apart"])
    new = {end: (str(subnet[FIRST_NUMBER + at]), members[end]) for at, end in enumerate(known)}
    owners = _owners(within, events, raft)
    ends = new | {end: (new[owner][0], end[1]) for end, owner in owners.items() if owner in new and end not in new}
    called = {end: f"member-{end[1]}" for end in new}
    names = {there[0]: called[end] for end, there in new.items()}
    said = ", ".join(f"{end[0]}:{end[1]} is {there[0]}:{there[1]}" for end, there in new.items())
    notes = [f"members that share an address are told apart by their ports: {said}"]
    return Homes(ends, names, notes, _places(events), called)


def _raft(called: Iterable[Dialled], events: Iterable[Event]) -> set[End]:
    """Return where members of Raft listen that are called from their own address."""
    found = {one.server for one in called}
    found |= {one.own for one in called if one.own is not None and one.own[0] == one.client[0]}
    for event in events:
        if isinstance(event, RaftEvent) and event.src and event.src == event.dst:
            found.add((event.src, event.port))
    return found


def _gossip(events: Iterable[Event]) -> set[End]:
    """Return where members of gossip listen that talk to another one at their own address."""
    found: set[End] = set()
    for event in events:
        if isinstance(event, GossipEvent) and event.src and event.src == event.dst and event.src_port != event.dst_port:
            found.add((event.dst, event.port))
    return found


def _by_shape(talks: Iterable[tuple[str, str, int, int]]) -> set[End]:
    """Return where members of gossip listen, by who talks to whom: each to several others, and they to it.

    They do so by datagrams, and their ports take connections, too, or refuse them. Nothing else on one machine does.
    """
    said: set[tuple[End, End]] = set()
    called: set[End] = set()
    for carries, address, source, target in talks:
        if carries == "udp" and source != target:
            said.add(((address, source), (address, target)))
        elif carries == "tcp":
            called.add((address, target))
    others: defaultdict[End, set[End]] = defaultdict(set)
    for one, other in said:
        if (other, one) in said:
            others[one].add(other)
    several = {end for end, those in others.items() if len(those) > 1}
    return several if several & called else set()


def _owners(called: Iterable[Dialled], events: Iterable[Event], listeners: Collection[End]) -> dict[End, End]:
    """Return the listener of who has an end; of what two are said to have, nobody is the owner."""
    claims: defaultdict[End, set[End]] = defaultdict(set)
    for one in called:
        if one.own in listeners and one.own is not None:
            claims[one.client].add(one.own)
    at = _places(events)
    for event in events:
        if isinstance(event, RaftMessage) and event.src == event.dst:
            for member, end in _talkers(event):
                if end not in listeners and member in at:
                    claims[end].add(at[member])
    return {end: next(iter(those)) for end, those in claims.items() if len(those) == 1}


def _places(events: Iterable[Event]) -> dict[int, End]:
    """Return where each member listens, by its identifier: a stream comes from the server, a post goes to it."""
    found: dict[int, End] = {}
    for event in events:
        if isinstance(event, RaftMessage):
            for member, end in _talkers(event):
                if end[1] == event.port:
                    found.setdefault(member, end)
    return found


def _talkers(event: RaftMessage) -> list[tuple[int, End]]:
    """Return both members of a message, each with its end of the connection."""
    both = ((event.sender, event.src, event.src_port), (event.receiver, event.dst, event.dst_port))
    return [(member, (address, port)) for member, address, port in both if member and port]


def _free(addresses: Collection[str]) -> IPv4Network:
    """Return a subnet in which no address lies."""
    taken = {one for one in map(_address, addresses) if isinstance(one, IPv4Address)}
    return next((one for one in SUBNETS if not any(address in one for address in taken)), SUBNETS[0])


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
