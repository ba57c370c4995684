"""From three blank disks and a power button to the acceptance list of the T036 deployment guide, item by item."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from harness.capture.boot_chain import boot_chain, no_network_boot
from harness.capture.events import (
    DhcpAck,
    DhcpDiscover,
    DhcpOffer,
    DhcpRequest,
    HarnessEvent,
    HttpRequest,
    RaftAppend,
    RaftVote,
    RaftVoteResponse,
)
from harness.capture.patterns import Like
from harness.lab import side_by_side
from harness.network.multicast import MulticastNetwork
from harness.provisioning.deployment import BOOTED, INSTALLED
from harness.sandbox.waiting import gone
from harness.stacks.reference.cluster import ReferenceCluster
from harness.topology import ports
from harness.units import seconds

if TYPE_CHECKING:
    from harness.virtual_lab import VirtualLab
    from harness.wire.wire import Wire

pytestmark = [pytest.mark.lab("t036", start="off"), pytest.mark.smoke]

NODES = ["node01", "node02", "node03"]
QUORUM = 2
FIRST_BOOT_STATE = "/var/lib/first-boot-automation"

each_node = pytest.mark.parametrize("node", NODES)
each_raft = pytest.mark.parametrize("port", [ports.CHAINFIRE_RAFT, ports.FLAREDB_RAFT], ids=["chainfire", "flaredb"])


@pytest.fixture(scope="module")
def deployed(lab: VirtualLab) -> VirtualLab:
    """All three at once: power on, network boot, installation, restart, first boot."""
    lab.bootstrap()
    return lab


@pytest.fixture(scope="module")
def cluster(deployed: VirtualLab) -> ReferenceCluster:
    """Give the running stack: Chainfire, with FlareDB and IAM as its parts."""
    assert isinstance(deployed.cluster, ReferenceCluster)
    return deployed.cluster


@pytest.fixture(scope="module")
def wire(cluster: ReferenceCluster, deployed: VirtualLab) -> Wire:
    """Give the wire, after the cluster has proved to be healthy; its expectations are about all since power on."""
    cluster.wait_until_healthy(within=60 * seconds)
    (first, *_) = deployed.wire().harness.done("power on")
    return deployed.wire().since(first.time)


def test_three_machines_are_deployed(deployed: VirtualLab) -> None:
    assert sorted(deployed.machines) == NODES
    assert all(machine.is_on() for machine in deployed.machines.values())


def test_the_network_is_what_was_asked_for_and_its_capture_is_whole(deployed: VirtualLab) -> None:
    links = deployed.network.counters()
    if isinstance(deployed.network, MulticastNetwork):
        assert deployed.network.guests_in("hub 230.0.0.1:1234") == [f"{node}/eth0" for node in NODES]
        assert links["hub 230.0.0.1:1234"].received > 0
    else:
        assert all(links[f"{node}/eth0"].received > 0 for node in NODES)
    assert {name: link.dropped["missed"] for name, link in links.items() if "missed" in link.dropped} == {}


@each_node
def test_the_pxe_chain_ran_in_order(deployed: VirtualLab, wire: Wire, node: str) -> None:
    mac = deployed.topology.machine(node).nics[0].mac
    chain = boot_chain(wire.events, mac, firmware=deployed.firmware.value)
    assert chain, str(chain)


def test_every_machine_asked_for_its_lease_booted_and_was_installed_in_order(wire: Wire) -> None:
    asked, booted = Like(DhcpDiscover, from_pxe=True), Like(HttpRequest, target="/boot.ipxe")
    reached = Like(HarnessEvent, what="phase", details=INSTALLED)
    assert wire.in_order(asked, DhcpOffer, DhcpRequest, DhcpAck, booted, reached, machines=NODES)


def test_one_server_alone_gave_out_leases(deployed: VirtualLab, wire: Wire) -> None:
    server = deployed.topology.boot_server
    assert server is not None
    wire.never(DhcpOffer, server=lambda address: address != server.address)


@each_node
def test_the_second_boot_is_from_disk(deployed: VirtualLab, wire: Wire, node: str) -> None:
    mac = deployed.topology.machine(node).nics[0].mac
    installed = deployed.phases.when(node, INSTALLED)
    boot = no_network_boot(wire.events, mac, after=installed.time)
    assert boot, str(boot)


@each_node
def test_the_machine_has_the_declared_disk_and_secrets(deployed: VirtualLab, node: str) -> None:
    assert deployed.differences(node) == []


@each_raft
def test_a_leader_is_elected_within_ten_seconds_of_a_quorum(deployed: VirtualLab, wire: Wire, port: int) -> None:
    booted = sorted(deployed.phases.when(node, BOOTED).time for node in NODES)
    leader = wire.raft.on(port).leader_elected()
    assert leader is not None
    waited = timedelta(microseconds=(leader.time - booted[QUORUM - 1]) / 1000)
    assert waited <= deployed.patience.stretch(10 * seconds)


@each_raft
def test_the_first_leader_was_voted_for_before_it_led(wire: Wire, port: int) -> None:
    leader = wire.raft.on(port).leader_elected()
    assert leader is not None
    term = {"port": port, "term": leader.term}
    granted = Like(RaftVoteResponse, **term, receiver=leader.member, reject=False)
    assert wire.in_order(Like(RaftVote, **term, sender=leader.member), granted, Like(RaftAppend, **term))


@each_raft
def test_no_term_had_two_leaders(wire: Wire, port: int) -> None:
    terms = wire.raft.on(port).leaders_per_term()
    assert terms
    assert all(len(leaders) == 1 for leaders in terms.values())


def test_the_cluster_is_operational_within_a_minute(deployed: VirtualLab) -> None:
    booted = max(deployed.phases.when(node, BOOTED).at for node in NODES)
    healthy = max(deployed.phases.when(node, "healthy").at for node in NODES)
    assert healthy - booted <= deployed.patience.stretch(60 * seconds)


@each_node
def test_both_clusters_have_three_members_and_one_leader(cluster: ReferenceCluster, node: str) -> None:
    for store in (cluster, cluster.flaredb):
        members = store.members(via=node)
        assert list(members.names) == NODES
        assert members.leader in NODES


def test_every_health_endpoint_is_healthy(cluster: ReferenceCluster) -> None:
    health = cluster.healthy()
    assert health.complete, str(health)
    assert len(health.checks) == 3 * len(NODES)


@each_node
def test_what_is_written_on_one_node_is_read_on_the_others(cluster: ReferenceCluster, node: str) -> None:
    for store in (cluster, cluster.flaredb):
        store.put(f"written-on/{node}", "hello-cluster", via=node)
        assert {store.get(f"written-on/{node}", via=other) for other in NODES} == {"hello-cluster"}


@each_node
def test_a_token_issued_on_one_node_is_honoured_on_the_others(cluster: ReferenceCluster, node: str) -> None:
    token = cluster.iam.issue(via=node)
    assert {cluster.iam.verify(token, via=other).principal for other in NODES} == {token.principal}


def test_a_pulled_cable_is_seen_by_its_machine_and_heals(deployed: VirtualLab, cluster: ReferenceCluster) -> None:
    if isinstance(deployed.network, MulticastNetwork):
        pytest.skip("the documented group is a hub: nobody's cable can be pulled there alone")
    pulled, near = NODES[-1], NODES[0]
    before = carrier_changes(deployed, pulled)
    cable = deployed.links(pulled)
    cable.cut()
    patience = deployed.patience
    gone("health", lambda: cluster.healthy(among=[pulled]).complete, within=10 * seconds, patience=patience)
    cluster.wait_for_leader(among=NODES[:-1], within=10 * seconds)
    cluster.put("written-while", "a cable was pulled", via=near)
    counted = cable.counters()[f"{pulled}/eth0"]
    assert counted.down["cut"] > 0, "the others' frames to it were dropped"
    cable.restore()
    cluster.wait_until_healthy(within=60 * seconds)
    assert cluster.get("written-while", via=pulled) == "a cable was pulled"
    assert carrier_changes(deployed, pulled) >= before + 2


def test_a_second_boot_changes_nothing(deployed: VirtualLab, cluster: ReferenceCluster) -> None:
    before = {node: state_of(deployed, cluster, node) for node in NODES}
    cluster.put("written-before", "the second boot")
    machines = deployed.machines.values()
    starts = {machine.name: len(machine.console) for machine in machines}
    side_by_side(lambda machine: machine.off(within=60 * seconds), machines)
    for machine in machines:
        machine.on()
    for machine in machines:
        machine.console.wait_for(
            "harness: cluster-healthy", start=starts[machine.name], within=120 * seconds, patience=deployed.patience
        )
    assert {node: state_of(deployed, cluster, node) for node in NODES} == before
    assert {cluster.get("written-before", via=node) for node in NODES} == {"the second boot"}


def carrier_changes(lab: VirtualLab, node: str) -> int:
    """Return how often a machine's kernel has seen its carrier come or go."""
    read = lab.machines[node].run(["cat", "/sys/class/net/eth0/carrier_changes"], within=10 * seconds)
    return int(read.text)


def state_of(lab: VirtualLab, cluster: ReferenceCluster, node: str) -> tuple[str, set[int]]:
    """Return what first boot leaves on a machine, with the times of its making, and the members' identities."""
    command = ["find", FIRST_BOOT_STATE, "-printf", "%P %T@ %s\n"]
    left = lab.machines[node].run(command, within=10 * seconds).text
    return "".join(sorted(left.splitlines(keepends=True))), {member.id for member in cluster.members(via=node)}
