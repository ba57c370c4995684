from __future__ import annotations

import io
from datetime import timedelta
from ipaddress import IPv4Network
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from harness.capture.frames import Frame
from harness.incident.inventory.hosts import hosts
from harness.incident.inventory.inferred_machines import Surroundings
from harness.incident.inventory.inferred_topology import infer
from harness.incident.inventory.stack_members import Cluster
from harness.incident.inventory.subnets import Segment, segments
from harness.incident.inventory.wires import Wires
from harness.topology.check import check
from harness.topology.loader import load
from harness.topology.model import Topology
from tests.capture import build
from tests.incident.field import mac_of, said, talk, wires

THREE = ("10.0.200.10", "10.0.200.11", "10.0.200.12")


def topology(
    frames: Wires,
    *,
    members: tuple[str, ...] = THREE,
    cluster: Cluster | None = None,
    dhcp: tuple[str, ...] = (),
    relays: tuple[str, ...] = (),
) -> Topology:
    found, _ = hosts(None, [], [], [], frames)
    named = {address: host.name for host in found for address in host.addresses}
    if cluster is None and members:
        addresses = {named[one]: one for one in members}
        cluster = Cluster(addresses, tuple(addresses), timedelta(milliseconds=50), timedelta(milliseconds=500))
    subnets = segments(named, [], frames)
    around = Surroundings(subnets, frames, frozenset(cluster.addresses if cluster else ()), dhcp, relays=relays)
    made = infer("Field 7", found, around, cluster)
    assert made is not None
    return made


def sound(one: Topology, folder: Path) -> None:
    """Assert that a topology can be built, and that its file says the same."""
    assert check(one) == []
    text = io.StringIO()
    YAML().dump(one.model_dump(mode="json", exclude_defaults=True, by_alias=True), text)
    path = folder / "inferred.yaml"
    path.write_text(text.getvalue(), encoding="utf-8")
    assert load(path) == one


def ring(*addresses: str) -> Wires:
    return wires(*(frame for one in addresses for other in addresses if one < other for frame in talk(one, other)))


def test_three_members_in_one_subnet(tmp_path: Path) -> None:
    made = topology(ring(*THREE))
    sound(made, tmp_path)
    assert made.name == "field-7"
    assert [one.name for one in made.machines] == [f"node-{one.replace('.', '-')}" for one in THREE]
    assert [one.nics[0].mac for one in made.machines] == [mac_of(one) for one in THREE]
    assert made.stack is not None
    assert made.stack.bootstrap == tuple(one.name for one in made.machines)
    assert made.stack.raft.heartbeat == timedelta(milliseconds=50)
    assert made.boot_server is not None
    assert made.switches == ()


def test_members_behind_routers_are_routed(tmp_path: Path) -> None:
    made = topology(
        ring("10.0.200.10", "10.1.200.10", "10.2.200.10"), members=("10.0.200.10", "10.1.200.10", "10.2.200.10")
    )
    sound(made, tmp_path)
    assert [str(one.gateway) for one in made.vlans] == ["10.0.200.1", "10.1.200.1", "10.2.200.1"]
    assert made.switches[0].routes == tuple(one.name for one in made.vlans)
    assert made.stack is not None
    assert made.stack.other_vlans == ("net-10-1-200-0", "net-10-2-200-0")


def test_tagged_members_have_trunks(tmp_path: Path) -> None:
    frames = wires(*(frame for other in THREE[1:] for frame in talk(THREE[0], other, tag=200)))
    made = topology(frames)
    sound(made, tmp_path)
    assert made.vlans[0].id == 200
    assert [one.vlan for one in made.machines[0].nics[0].tagged] == ["vlan200"]
    assert made.boot_server is None  # firmware sends no tags


def test_an_even_number_of_voters_is_meant(tmp_path: Path) -> None:
    made = topology(ring(*THREE[:2]), members=THREE[:2])
    sound(made, tmp_path)
    assert made.stack is not None
    assert made.stack.even_voters


def test_who_only_asks_is_where_the_scenario_stands(tmp_path: Path) -> None:
    asks = [frame for one in THREE for frame in talk("10.0.200.77", one)]
    members = [frame for one in THREE for other in THREE if one < other for frame in talk(one, other)]
    made = topology(wires(*asks, *members))
    sound(made, tmp_path)
    assert str(made.vlans[0].scenario_address) == "10.0.200.77"
    assert len(made.machines) == 3


def test_machines_without_a_cluster_are_a_topology_without_a_stack(tmp_path: Path) -> None:
    made = topology(ring(*THREE), members=())
    sound(made, tmp_path)
    assert made.stack is None
    assert {one.role for one in made.machines} == {"worker"}


def test_a_dhcp_server_serves_every_machine(tmp_path: Path) -> None:
    boots = [said(one, "10.0.100.10", ports=(68, 67)) for one in ("10.0.100.50",)]
    made = topology(wires(*talk(THREE[0], THREE[1]), *talk(THREE[1], THREE[2]), *boots), dhcp=("10.0.100.10",))
    sound(made, tmp_path)
    assert made.boot_server is not None
    assert (made.boot_server.vlan, str(made.boot_server.address)) == ("net-10-0-100-0", "10.0.100.10")
    assert all("net-10-0-100-0" in one.nics[-1].addresses for one in made.machines)


def test_firmware_has_the_boot_servers_subnet_without_a_tag(tmp_path: Path) -> None:
    made = topology(wires(*talk("10.0.200.10", "10.0.200.11", tag=200)), members=(), dhcp=("10.0.200.1",))
    sound(made, tmp_path)
    assert made.boot_server is not None
    (machine,) = made.machines
    (card,) = machine.nics
    assert (card.untagged, card.tagged) == (made.boot_server.vlan, ())


def test_a_server_that_is_asked_through_a_relay_stands_where_its_clients_do(tmp_path: Path) -> None:
    frames = wires(*talk("10.0.6.101", "10.0.6.102"), *talk("10.0.6.1", "10.0.5.10"))
    made = topology(frames, members=(), dhcp=("10.0.5.10",), relays=("10.0.6.1",))
    sound(made, tmp_path)
    assert made.boot_server is not None
    assert made.boot_server.address in made.vlan(made.boot_server.vlan).subnet
    assert "node-10-0-6-1" not in {one.name for one in made.machines}
    assert {len(one.nics) for one in made.machines} == {1}


def test_a_member_of_which_no_address_is_known_gets_one(tmp_path: Path) -> None:
    nobody = Surroundings((Segment(IPv4Network("10.0.200.0/24")),), wires(), frozenset({"node01"}), ())
    found = [one for one in hosts(None, [], [], [], ring(*THREE[:2]))[0] if one.addresses]
    named = type(found[0])("node01", frozenset(), frozenset(), frozenset(), named=True)
    made = infer("x", [named], nobody, None)
    assert made is not None
    sound(made, tmp_path)
    assert made.machines[0].nics[0].address in IPv4Network("10.0.200.0/24")


ADDRESSES = st.builds(
    "10.{}.{}.{}".format, st.integers(0, 2), st.integers(0, 1), st.sampled_from([0, 1, 2, 9, 254, 255])
)
FRAMES = st.builds(
    said,
    src=ADDRESSES,
    dst=ADDRESSES,
    tag=st.sampled_from([None, None, 0, 200, 300, 4095]),
    by=st.sampled_from(["", "", "52:54:00:00:00:01", "03:bf:00:00:00:01"]),
    ports=st.sampled_from([(40000, 2380), (2380, 40000), (68, 67)]),
    flags=st.sampled_from([build.ACK, build.SYN | build.ACK]),
)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(
    st.lists(FRAMES, min_size=1, max_size=12),
    st.sets(ADDRESSES, max_size=4),
    st.lists(ADDRESSES, max_size=1).map(tuple),
    st.integers(1, 20_000),
    st.integers(1, 60_000),
)
def test_whatever_was_seen_makes_a_topology_that_can_be_built(
    frames: list[Frame], members: set[str], dhcp: tuple[str, ...], heartbeat: int, election: int
) -> None:
    seen = wires(*frames)
    found, _ = hosts(None, [], [], [], seen)
    named = {address: host.name for host in found for address in host.addresses}
    addresses = {named[one]: one for one in members if one in named}
    timers = (timedelta(milliseconds=heartbeat), timedelta(milliseconds=election))
    cluster = Cluster(addresses, tuple(addresses), *timers) if addresses else None
    around = Surroundings(segments(named, [], seen), seen, frozenset(addresses), dhcp)
    made = infer("x", found, around, cluster)
    assert made is None or check(made) == []


def test_nobody_is_no_topology() -> None:
    assert infer("x", [], Surroundings((), wires(), frozenset(), ()), None) is None
