"""Who is who in an incident: machines with their names and addresses, by all that its files tell of them. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from harness.capture.events import (
    ArpEvent,
    ArpProbe,
    DhcpAck,
    DhcpEvent,
    GossipAlive,
    GossipPing,
    GossipPushPull,
    RaftMembershipChange,
    RaftMessage,
)
from harness.incident.inventory.captured_links import common_ends
from harness.incident.inventory.floating import floating
from harness.incident.inventory.identities import NAMES, Identities, Kind, Mark, label, name_of
from harness.incident.inventory.linking import link, others_in
from harness.incident.inventory.told_names import is_somebody, leases, members, own_addresses, own_member, peers, plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from harness.capture.events import Event
    from harness.incident.entry import Entry
    from harness.incident.files.configuration import Config
    from harness.incident.inventory.wires import Wires
    from harness.topology.model import Topology


@dataclass(frozen=True)
class Host:
    """A machine: the name that it goes by, its addresses, MAC addresses, all names and member identifiers.

    `named` says that it was given a name, and not one made of its address.
    """

    name: str
    addresses: frozenset[str]
    macs: frozenset[str]
    aliases: frozenset[str]
    named: bool


def hosts(
    topology: Topology | None,
    configs: Iterable[Config],
    entries: Iterable[Entry],
    events: Sequence[Event],
    wires: Wires,
    *,
    fallbacks: Mapping[str, str] = MappingProxyType({}),
) -> tuple[list[Host], list[str]]:
    """Return the machines that an incident tells of, in the order of their names, and what is guessed of them.

    `fallbacks` are names of addresses, for those that nothing else names.
    """
    moving = floating(wires, events) if topology is None else frozenset[str]()
    known = Identities(Mark(Kind.ADDRESS, address) for address in moving)
    aliases: dict[str, set[str]] = defaultdict(set)
    if topology is not None:
        _of_topology(known, topology)
    for config in configs:
        _of_config(known, config.values)
    mentioned = _of_journals(known, aliases, entries)
    _of_events(known, events)
    clients = {Mark(Kind.MAC, event.client) for event in events if isinstance(event, DhcpEvent)}
    for address, mac in wires.owners().items():
        there, card = known.know(Kind.ADDRESS, address), known.know(Kind.MAC, mac)
        if card in known.marks(there) or clients.isdisjoint(
            known.marks(there)
        ):  # else a router sends for who leased it
            known.same(there, card)
    for address, name in fallbacks.items():
        there = known.know(Kind.ADDRESS, address)
        if name in aliases:  # its own journal is called so
            known.same(there, known.know(Kind.HOST, name))
        elif not any(mark.kind in NAMES for mark in known.marks(there)):
            known.same(there, known.know(Kind.MEMBER_NAME, name))
    serving = [address for address in wires.serves if is_somebody(address) and address not in moving]
    servers = [address for address in serving if not _has_another(known, address)]
    guessed = link(known, sorted(aliases), servers, common_ends(wires), mentioned)
    notes = [
        f"{name} is guessed to be {address}: nothing tells it, but the order of names" for name, address in guessed
    ]
    notes += [f"{address} moves from machine to machine, and is taken for nobody's own" for address in sorted(moving)]
    return _named(known, aliases), notes


def _has_another(known: Identities, address: str) -> bool:
    """Whether an address is the IPv6 one of a machine that has an IPv4 address, too, which is enough to tell it by."""
    marks = known.marks(Mark(Kind.ADDRESS, address))
    return ":" in address and any(mark.kind == Kind.ADDRESS and ":" not in mark.value for mark in marks)


def _of_topology(known: Identities, topology: Topology) -> None:
    for machine in topology.machines:
        name = known.know(Kind.TOPOLOGY, machine.name)
        for nic in machine.nics:
            known.same(name, known.know(Kind.MAC, nic.mac))
            for address in nic.addresses.values():
                if address is not None:
                    known.same(name, known.know(Kind.ADDRESS, str(address)))
    if topology.boot_server is not None:
        name = known.know(Kind.TOPOLOGY, topology.boot_server.name)
        known.same(name, known.know(Kind.ADDRESS, str(topology.boot_server.address)))


def _of_config(known: Identities, values: Mapping[str, object]) -> None:
    name, at = label(str(values.get("node_id", ""))), str(values.get("raft_addr", "")).rpartition(":")[0]
    if name:
        node = known.know(Kind.CONFIG, name)
        if is_somebody(at):
            known.same(node, known.know(Kind.ADDRESS, at))


def _of_journals(
    known: Identities, aliases: dict[str, set[str]], entries: Iterable[Entry]
) -> Mapping[str, Collection[str]]:
    """Take what journals tell, and return the addresses of others that each host's journal has."""
    mentioned: dict[str, set[str]] = defaultdict(set)
    told: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        name = label(entry.host)
        if not name:
            continue
        aliases[name].add(entry.host)
        host = known.know(Kind.HOST, name)
        mentioned[name].update(others_in(entry.message))
        for address in own_addresses(entry.message):
            known.same(host, known.know(Kind.ADDRESS, address))
        for address, mac, name in leases(entry.message):
            card = known.know(Kind.MAC, mac)
            known.same(card, known.know(Kind.ADDRESS, address))
            if client := label(name):
                known.same(card, known.know(Kind.DHCP, client))
        for member, address in members(entry.message):
            told[member].add(address)
        for member, address in peers(entry.message):
            known.same(known.know(Kind.ADDRESS, address), known.know(Kind.MEMBER, member))
        if (member_id := own_member(entry.message)) is not None:
            known.same(host, known.know(Kind.MEMBER, member_id))
    _of_members(known, told)
    return mentioned


def _of_members(known: Identities, told: Mapping[str, set[str]]) -> None:
    """Take the names that members call each other by; one that several have, such as ``default``, names nobody."""
    for member, addresses in told.items():
        name = label(member)
        if name and len(addresses) == 1:
            (address,) = addresses
            known.same(known.know(Kind.ADDRESS, address), known.know(Kind.MEMBER_NAME, name))


def _of_events(known: Identities, events: Iterable[Event]) -> None:
    told: dict[str, set[str]] = defaultdict(set)
    for event in events:
        match event:
            case RaftMessage(sender=int(sender), src=src):
                known.same(known.know(Kind.ADDRESS, src), known.know(Kind.MEMBER, f"{sender:x}"))
            case RaftMembershipChange(name=name, peer_urls=urls) if name:
                told[name] |= {plain(url.partition("://")[2].rpartition(":")[0]) for url in urls}
            case GossipPing(node=node, dst=address) | GossipAlive(node=node, address=address):
                told[node].add(address)
            case GossipPushPull(nodes=nodes):
                for one in nodes:
                    told[one.node].add(one.address)
            case ArpEvent(sender=sender_ip, sender_mac=mac) if mac and not isinstance(event, ArpProbe):
                if is_somebody(str(sender_ip)):
                    known.same(known.know(Kind.ADDRESS, str(sender_ip)), known.know(Kind.MAC, mac))
            case DhcpEvent(client=client, host_name=host_name):
                _of_dhcp(known, event, client, label(host_name))
    _of_members(known, {node: {one for one in addresses if is_somebody(one)} for node, addresses in told.items()})


def _of_dhcp(known: Identities, event: DhcpEvent, client: str, name: str) -> None:
    card = known.know(Kind.MAC, client)
    if name:
        known.same(card, known.know(Kind.DHCP, name))
    if isinstance(event, DhcpAck) and event.address is not None and is_somebody(str(event.address)):
        known.same(card, known.know(Kind.ADDRESS, str(event.address)))


def _named(known: Identities, aliases: Mapping[str, set[str]]) -> list[Host]:
    found: dict[str, Host] = {}
    for marks in known:
        of: dict[Kind, set[str]] = defaultdict(set)
        for mark in marks:
            of[mark.kind].add(mark.value)
        names = {name for kind in NAMES for name in of[kind]}
        full = {alias for name in names for alias in aliases.get(name, ())}
        name = name_of(marks)
        while name in found:
            name += "-2"
        every = frozenset(names | full | of[Kind.MEMBER])
        found[name] = Host(name, frozenset(of[Kind.ADDRESS]), frozenset(of[Kind.MAC]), every, bool(names))
    return [found[name] for name in sorted(found)]


def machine_of(found: Sequence[Host]) -> dict[str, str]:
    """Return the machine of each address, MAC address, name and member identifier."""
    return {mark: host.name for host in found for mark in (*host.aliases, host.name, *host.addresses, *host.macs)}
