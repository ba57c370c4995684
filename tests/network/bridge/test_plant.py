from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Interface

import pytest

from harness.errors import HostError
from harness.network.bridge.features import Features, probe
from harness.network.bridge.plant import Plant
from harness.network.ports import Access, Trunk
from harness.network.wiring import Card
from harness.sandbox.netns import NetworkNamespace

pytestmark = pytest.mark.kernel

MAC = "52:54:00:00:01:01"
ONE = Card("eth0", MAC, Access(10), {10: [IPv4Interface("10.0.10.1/24")]})


def names(place: NetworkNamespace) -> set[str]:
    return place.run(lambda: {name for _, name in socket.if_nameindex()}) - {"lo"}


@pytest.fixture
def plain() -> Features:
    """A kernel without VLANs, whatever this one has."""
    return replace(probe(), vlan_filtering=False, vlan_devices=False)


@pytest.fixture
def home() -> Iterator[NetworkNamespace]:
    with NetworkNamespace.create() as made:
        yield made


@pytest.fixture
def plant(home: NetworkNamespace, plain: Features) -> Iterator[Plant]:
    made = Plant(home, plain)
    yield made
    made.close()


def test_many_cards_are_made_at_once_and_all_go_at_once(plant: Plant, home: NetworkNamespace) -> None:
    with NetworkNamespace.create() as machine:
        ports = plant.wire(machine, {f"link{n}": replace(ONE, name=f"eth{n}", addresses={}) for n in range(100)})
        assert len(ports) == 100
        assert len(names(machine)) == 100
        assert len(names(home)) == 101, "a bridge, too"
        plant.close()
        assert names(machine) == names(home) == set()


def test_a_card_has_its_address_and_a_segment_for_each_vlan(plant: Plant, home: NetworkNamespace) -> None:
    with NetworkNamespace.create() as machine:
        plant.wire(machine, {"a": ONE, "b": replace(ONE, name="eth1", mode=Access(20), addresses={})})
        machine.run(lambda: socket.create_server(("10.0.10.1", 80)).close())
        assert len(names(home)) == 4, "two bridges and two ports"


@pytest.mark.parametrize("second", [replace(ONE, addresses={}), replace(ONE, name="x" * 16, addresses={})])
def test_what_the_kernel_refuses_leaves_nothing(plant: Plant, home: NetworkNamespace, second: Card) -> None:
    with NetworkNamespace.create() as machine:
        plant.wire(machine, {"a": replace(ONE, name="eth9", addresses={})})
        before = names(home)
        with pytest.raises(OSError, match="card two"):
            plant.wire(machine, {"one": ONE, "two": second})
        assert names(home) == before
        assert names(machine) == {"eth9"}


def test_without_vlan_filtering_what_needs_it_is_named_and_nothing_is_left(
    plant: Plant, home: NetworkNamespace
) -> None:
    trunk = replace(ONE, mode=Trunk(frozenset({10, 20})))
    with NetworkNamespace.create() as machine:
        for attempt in (
            lambda: plant.wire(machine, {"a": trunk}),
            lambda: plant.add_tap("a", trunk),
            lambda: plant.connect("a", "one", "two", vlans=[10], wan=False),
        ):
            with pytest.raises(HostError, match=r"lacks VLAN filtering.*--lab-network=switch"):
                attempt()
        assert names(machine) == names(home) == set()


def test_a_machine_that_went_first_is_no_trouble(plant: Plant) -> None:
    with NetworkNamespace.create() as machine:
        ports = plant.wire(machine, {"a": ONE})
        kept = plant.add_tap("b", ONE)
        plant.remove([*ports.values()])
        assert not plant.has(ports["a"])
        assert plant.has(kept)
        plant.remove([*ports.values()])
