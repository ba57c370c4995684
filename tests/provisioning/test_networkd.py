from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from pathlib import PurePosixPath

import pytest

from harness.provisioning.networkd import default_vlan, network_files
from harness.topology.model import MachineSpec, NicSpec, StackSpec, Tagged, Topology, Vlan


def vlan(name: str, number: int, *, gateway: bool = True) -> Vlan:
    return Vlan(
        name=name,
        id=number * 100,
        subnet=IPv4Network(f"10.0.{number}.0/24"),
        gateway=IPv4Address(f"10.0.{number}.1") if gateway else None,
    )


def address(number: int) -> IPv4Address:
    return IPv4Address(f"10.0.{number}.10")


VLANS = (vlan("provisioning", 1), vlan("cluster", 2), vlan("client", 3), vlan("storage", 4, gateway=False))
IDS = {one.name: one.id for one in VLANS if one.id}
ETH0 = NicSpec(name="eth0", mac="52:54:00:00:00:01", vlan="provisioning", address=address(1))
TRUNK = NicSpec(
    name="eth1",
    mac="52:54:00:00:00:02",
    tagged=(Tagged(vlan="cluster", address=address(2)), Tagged(vlan="client", address=address(3))),
)
STORAGE = NicSpec(name="storage0", mac="52:54:00:00:00:03", vlan="storage", address=address(4))


def files(*nics: NicSpec, stack: bool = True) -> dict[str, str]:
    machine = MachineSpec(name="node01", nics=nics)
    plug = StackSpec(domain="plasma.local", vlan="cluster", bootstrap=("node01",)) if stack else None
    topology = Topology(name="t", vlans=VLANS, machines=(machine,), stack=plug)
    made = network_files(topology, machine, IDS)
    assert {path.parent for path in made} == {PurePosixPath("/etc/systemd/network")}
    return {path.name: text for path, text in made.items()}


def test_an_access_card_has_its_address_and_the_default_route() -> None:
    assert files(ETH0) == {
        "10-eth0.network": (
            "[Match]\nMACAddress=52:54:00:00:00:01\n"
            "[Network]\nAddress=10.0.1.10/24\nGateway=10.0.1.1\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"
        )
    }


def test_a_trunk_is_an_interface_for_each_vlan_and_a_card_that_carries_them() -> None:
    made = files(ETH0, TRUNK)
    assert list(made) == [
        "10-eth0.network",
        "10-eth1.network",
        *("10-eth1.200.netdev", "10-eth1.200.network"),
        *("10-eth1.300.netdev", "10-eth1.300.network"),
    ]
    assert made["10-eth1.network"] == (
        "[Match]\nMACAddress=52:54:00:00:00:02\nType=!vlan\n[Link]\nRequiredForOnline=no\n"
        "[Network]\nVLAN=eth1.200\nVLAN=eth1.300\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"
    )
    assert made["10-eth1.200.netdev"] == "[NetDev]\nName=eth1.200\nKind=vlan\n[VLAN]\nId=200\n"
    assert made["10-eth1.200.network"] == (
        "[Match]\nName=eth1.200\n"
        "[Network]\nAddress=10.0.2.10/24\nGateway=10.0.2.1\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"
    )


def test_only_the_vlan_of_the_stack_has_the_default_route_and_others_answer_by_their_own_gateway() -> None:
    made = files(ETH0, TRUNK)
    assert [name for name, text in made.items() if "Gateway=" in text.partition("[Route]")[0]] == [
        "10-eth1.200.network"
    ]
    assert made["10-eth1.300.network"].partition("IPv6AcceptRA=no\n")[2] == (
        "[Route]\nDestination=10.0.3.0/24\nTable=1002\n"
        "[Route]\nGateway=10.0.3.1\nTable=1002\n"
        "[RoutingPolicyRule]\nFrom=10.0.3.10\nTable=1002\n"
    )


def test_the_native_vlan_s_address_is_the_card_s_own() -> None:
    mixed = TRUNK.model_copy(update={"untagged": "provisioning", "untagged_address": address(1)})
    text = files(mixed)["10-eth1.network"]
    assert "[Network]\nAddress=10.0.1.10/24\nVLAN=eth1.200\nVLAN=eth1.300\n" in text
    assert "RequiredForOnline" not in text


def test_a_tagged_vlan_without_an_address_is_there_and_keeps_nobody_waiting() -> None:
    bare = TRUNK.model_copy(update={"tagged": (TRUNK.tagged[0], Tagged(vlan="storage"))})
    assert files(bare)["10-eth1.400.network"] == (
        "[Match]\nName=eth1.400\n[Link]\nRequiredForOnline=no\n[Network]\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"
    )


def test_a_card_keeps_the_kernel_s_name_or_gets_the_topology_s() -> None:
    made = files(ETH0, TRUNK, STORAGE)
    assert made["10-storage0.link"] == "[Match]\nMACAddress=52:54:00:00:00:03\n[Link]\nName=storage0\n"
    assert [name for name in made if name.endswith(".link")] == ["10-storage0.link"]
    assert "10-eth0.link" in files(TRUNK, ETH0)


@pytest.mark.parametrize(
    "nics, stack, expected",
    [
        ((ETH0, TRUNK), True, "cluster"),
        ((ETH0, TRUNK), False, "provisioning"),
        ((STORAGE, TRUNK), False, "cluster"),
        ((STORAGE,), True, None),
        ((ETH0.model_copy(update={"untagged_address": IPv4Address("10.0.1.1")}),), False, None),
    ],
)
def test_the_default_route_s_vlan(nics: tuple[NicSpec, ...], *, stack: bool, expected: str | None) -> None:
    machine = MachineSpec(name="node01", nics=nics)
    plug = StackSpec(domain="plasma.local", vlan="cluster", bootstrap=("node01",)) if stack else None
    assert default_vlan(Topology(name="t", vlans=VLANS, machines=(machine,), stack=plug), machine) == expected
