from __future__ import annotations

import json
import subprocess
import sys
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from harness.provisioning.networkd import network_files
from harness.topology.firmware import Firmware
from harness.topology.gateways import default_vlan
from harness.topology.model import MachineSpec, NicSpec, StackSpec, Tagged, Topology, Vlan

Seen = dict[str, Any]
ROOT = Path(__file__).parent.parent.parent


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
    made = network_files(topology, machine)
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


@pytest.fixture(scope="module", params=list(Firmware))
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    folder = tmp_path_factory.mktemp("multihomed")
    command = [sys.executable, "-m", "tests.provisioning.multihomed", str(folder), request.param]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told: Seen = json.loads((folder / "seen.json").read_text())
    return told


@pytest.mark.kernel
@pytest.mark.guest
class TestAnInstalledMachine:
    """What is said above, on a real machine: installed from the network, with its stack on the trunk."""

    def test_its_cards_have_the_topology_s_names_macs_and_addresses(self, seen: Seen) -> None:
        cards = {
            name: (card["address"], [each["local"] for each in card["addr_info"]])
            for name, card in seen["cards"].items()
            if name != "lo"
        }
        assert cards == {
            "eth0": ("52:54:00:00:00:0c", ["10.0.100.50"]),
            "eth1": ("52:54:00:00:00:0b", []),
            "eth1.200": ("52:54:00:00:00:0b", ["10.0.200.10"]),
            "eth1.300": ("52:54:00:00:00:0b", ["10.0.30.10"]),
            "storage0": ("52:54:00:00:00:0a", ["10.0.40.10"]),
        }
        assert seen["cards"]["eth1.200"]["linkinfo"]["info_data"]["id"] == 200
        assert seen["cards"]["eth1.300"]["linkinfo"]["info_data"]["id"] == 300

    def test_it_has_one_default_route_and_is_called_by_the_stack_s_address(self, seen: Seen) -> None:
        defaults = [(route["gateway"], route["dev"]) for route in seen["routes"] if route["dst"] == "default"]
        assert defaults == [("10.0.200.1", "eth1.200")]
        assert "10.0.200.10 node01.plasma.local node01\n" in seen["hosts"]
        assert seen["failed"] == ""

    def test_it_answers_in_every_vlan_and_abroad_by_the_gateway_that_was_asked_through(self, seen: Seen) -> None:
        assert seen["reached"] == dict.fromkeys(("cluster", "client", "client from abroad", "storage"), True)

    def test_on_its_trunk_every_frame_is_tagged_and_elsewhere_none(self, seen: Seen) -> None:
        assert {(link, sender, tag) for link, sender, tag, _, _ in seen["sent"]} == {
            ("node01/eth0", "52:54:00:00:00:0c", 0),
            ("node01/eth1", "52:54:00:00:00:0b", 200),
            ("node01/eth1", "52:54:00:00:00:0b", 300),
            ("node01/storage0", "52:54:00:00:00:0a", 0),
        }

    def test_only_the_card_of_the_boot_server_s_vlan_was_booted_from(self, seen: Seen) -> None:
        assert {link for link, _, _, is_dhcp, _ in seen["sent"] if is_dhcp} == {"node01/eth0"}

    def test_it_sees_its_trunk_pulled_and_plugged_in(self, seen: Seen) -> None:
        before, pulled = seen["pulled"]
        assert {carrier for carrier, _ in before.values()} == {"1"}
        assert pulled == before | {name: ["0", []] for name in ("eth1", "eth1.200", "eth1.300")}

    def test_its_sockets_have_room_for_bursts(self, seen: Seen) -> None:
        assert seen["sockets"] == 3
