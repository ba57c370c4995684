"""The topology that an incident's files tell of, such that it can be built as a lab. Pure.

What a lab needs and nobody tells is made up: addresses that nobody has, MAC addresses as virtual machines have them. It
has sites only where a topology was given, since no frame tells where a machine stands.
"""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from harness.incident.inventory.identities import label
from harness.incident.inventory.inferred_machines import Surroundings, cards, machines_of, made_up
from harness.incident.inventory.subnets import Segment
from harness.incident.inventory.wires import is_group
from harness.topology.links import SwitchSpec
from harness.topology.model import (
    BootServerSpec,
    MachineSpec,
    NicSpec,
    RaftSettings,
    StackSpec,
    Tagged,
    Topology,
    Vlan,
)
from harness.topology.stack_rules import HEARTBEATS_PER_ELECTION, MAX_ELECTION_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from harness.incident.inventory.hosts import Host
    from harness.incident.inventory.stack_members import Cluster

NOWHERE = Segment(IPv4Network("192.168.100.0/24"))
"""Where machines are put of which no address is known."""
DOMAIN = "incident.internal"
BOOT_SERVER = "boot-server"
SWITCH = "switch"


def infer(name: str, hosts: Sequence[Host], around: Surroundings, cluster: Cluster | None) -> Topology | None:
    """Return the topology of hosts, None where none of them is a machine of it."""
    around = around._replace(segments=around.segments or (NOWHERE,))
    machines = [(host, list(cards(host, around))) for host in machines_of(hosts, around)]
    if not machines:
        return None
    main = _main(machines, around, cluster)
    heard = [*(one for host in hosts for one in host.addresses), *around.dhcp_servers]
    taken = {IPv4Address(one) for one in heard if ":" not in one}
    members = {} if cluster is None else cluster.addresses
    for host, nics in machines:
        member = members.get(host.name) or (str(nics[0].address) if nics else "")
        if not nics or (":" not in member and around.segment(member) is None):
            nics.append(_made_up(host, len(nics), main, taken))
    names = {address: host.name for host in hosts if host.named for address in host.addresses}
    server = _boot_server(machines, around, main, taken, names)
    routed = len(around.segments) > 1
    own = {address for _, nics in machines for nic in nics for address in nic.addresses.values()}
    vlans = []
    for one in around.segments:
        gateway = _gateway(one, taken, own, routed=routed)
        scenario = _asker(one, gateway, hosts, around) or (_free(one, taken) if one == main else None)
        vlans.append(Vlan(name=one.name, id=one.tag, subnet=one.subnet, gateway=gateway, scenario_address=scenario))
    stack = None if cluster is None else _stack(cluster, main, around)
    return Topology(
        name=label(name.replace(".", "-")) or "incident",
        vlans=tuple(vlans),
        switches=(SwitchSpec(name=SWITCH, routes=tuple(one.name for one in vlans)),) if routed else (),
        boot_server=server,
        machines=tuple(_machine(host.name, nics, cluster) for host, nics in machines),
        stack=stack,
    )


def _main(machines: Sequence[tuple[Host, list[NicSpec]]], around: Surroundings, cluster: Cluster | None) -> Segment:
    """Return the subnet that most of the cluster's members are in, or most machines."""
    addresses = cluster.addresses.values() if cluster else [one for host, _ in machines for one in host.addresses]
    found = Counter(segment for one in addresses if (segment := around.segment(one)) is not None)
    return found.most_common(1)[0][0] if found else around.segments[0]


def _made_up(host: Host, number: int, segment: Segment, taken: set[IPv4Address]) -> NicSpec:
    """Return a card of which no address is known, with the last one that is free."""
    address = _free(segment, taken)
    macs = sorted(mac for mac in host.macs if not is_group(mac))
    mac = macs[0] if macs and not number else made_up(host.name, number)
    return NicSpec(name=f"eth{number}", mac=mac, vlan=segment.name, address=address)


def _machine(name: str, nics: Sequence[NicSpec], cluster: Cluster | None) -> MachineSpec:
    member = cluster is not None and name in cluster.addresses
    return MachineSpec(name=name, role="control-plane" if member else "worker", voter=member, nics=tuple(nics))


def _boot_server(
    machines: Sequence[tuple[Host, list[NicSpec]]],
    around: Surroundings,
    main: Segment,
    taken: set[IPv4Address],
    names: Mapping[str, str],
) -> BootServerSpec | None:
    """Return the DHCP server that was seen, or one in the cluster's subnet, so that machines can be installed.

    Firmware sends no tags: a card that was seen with this subnet's tag has it without one, and machines without such a
    card get one, where a server was seen; there is no boot server else. One that is asked through relay agents stands
    where its clients do.
    """
    held = {str(address) for _, nics in machines for nic in nics for address in nic.addresses.values()}
    outside = (one for one in around.dhcp_servers if one not in held)
    seen = next((one for one in outside if around.segment(one) is not None), None)
    relayed = (found for relay in around.relays if (found := around.segment(relay)) is not None)
    segment = main if seen is None else next(relayed, around.segment(seen) or main)
    for host, nics in machines:
        if segment.name not in {nic.untagged for nic in nics}:
            if seen is None:
                return None
            tagged = (at for at, nic in enumerate(nics) if nic.untagged is None and _tagged(nic, segment) is not None)
            if (at := next(tagged, None)) is not None:
                nics[at] = _untagged(nics[at], segment)
            else:
                nics.append(_made_up(host, len(nics), segment, taken))
    address = _free(segment, taken) if seen is None or around.segment(seen) != segment else IPv4Address(seen)
    return BootServerSpec(name=names.get(seen or "", BOOT_SERVER), vlan=segment.name, address=address)


def _tagged(nic: NicSpec, segment: Segment) -> Tagged | None:
    return next((one for one in nic.tagged if one.vlan == segment.name), None)


def _untagged(nic: NicSpec, segment: Segment) -> NicSpec:
    """Return a card that has a subnet without its tag."""
    own = _tagged(nic, segment)
    others = tuple(one for one in nic.tagged if one != own)
    address = own.address if own is not None else None
    return nic.model_copy(update={"untagged": segment.name, "untagged_address": address, "tagged": others})


def _gateway(segment: Segment, taken: set[IPv4Address], own: Collection[object], *, routed: bool) -> IPv4Address | None:
    """Return a subnet's gateway: where it is routed and nobody knows better, its first address."""
    gateway = None if segment.gateway in own else segment.gateway
    if gateway is None and routed:
        gateway = _free(segment, taken) if segment.subnet[1] in own else segment.subnet[1]
        taken.add(gateway)
    return gateway


def _asker(
    segment: Segment,
    gateway: IPv4Address | None,
    hosts: Sequence[Host],
    around: Surroundings,
) -> IPv4Address | None:
    """Return the address of the one who only asks, such as an administrator: that is where a scenario stands."""
    inside = {host.name for host in machines_of(hosts, around)}
    asking = [
        IPv4Address(one)
        for host in hosts
        if host.name not in inside and not host.named and host.macs.isdisjoint(around.wires.routers())
        for one in host.addresses
        if one not in around.dhcp_servers and around.segment(one) == segment
    ]
    return asking[0] if len(asking) == 1 and asking[0] != gateway else None


def _free(segment: Segment, taken: set[IPv4Address]) -> IPv4Address:
    address = segment.free(taken)
    taken.add(address)
    return address


def _stack(cluster: Cluster, main: Segment, around: Surroundings) -> StackSpec:
    others = {segment.name for one in cluster.addresses.values() if (segment := around.segment(one)) is not None}
    usual = RaftSettings()
    heartbeat = min(cluster.heartbeat or usual.heartbeat, MAX_ELECTION_TIMEOUT / HEARTBEATS_PER_ELECTION)
    election = max(cluster.election or usual.election_timeout, heartbeat * HEARTBEATS_PER_ELECTION)
    raft = RaftSettings(
        heartbeat=heartbeat, election_timeout=min(election, MAX_ELECTION_TIMEOUT), peer_tls=cluster.peer_tls
    )
    return StackSpec(
        domain=cluster.domain or DOMAIN,
        vlan=main.name,
        other_vlans=tuple(sorted(others - {main.name})),
        bootstrap=cluster.bootstrap,
        raft=raft,
        even_voters=len(cluster.addresses) % 2 == 0,
    )
