"""One cable: the conditions that need no netem. What all links must do is in the conformance suite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from pyroute2 import IPRoute

from harness.errors import HostError
from harness.network.bridge.cable import Cable
from harness.network.bridge.features import Features, probe
from harness.network.bridged import BridgeNetwork
from harness.network.hearing import halves
from harness.network.impairment import Impairment
from harness.network.ports import Access
from harness.network.station import Station
from harness.network.wiring import Card
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import wait_until
from harness.units import seconds

pytestmark = pytest.mark.kernel

ONE = Card("eth0", "52:54:00:00:01:01", Access(10))


@pytest.fixture
def undo() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


@pytest.fixture
def machine(undo: ExitStack) -> NetworkNamespace:
    return undo.enter_context(NetworkNamespace.create())


@pytest.fixture
def network(undo: ExitStack, tmp_path: Path) -> BridgeNetwork:
    made = BridgeNetwork(tmp_path, undo.enter_context(NetworkNamespace.create()))
    made.start()
    undo.callback(made.stop)
    return made


@pytest.fixture
def link(network: BridgeNetwork, machine: NetworkNamespace) -> Cable:
    return network.wire(machine, {"node01/eth0": ONE})[0]


def carrier(machine: NetworkNamespace) -> bool:
    def look() -> bool:
        with IPRoute() as netlink:
            return bool(netlink.get_links(ifname="eth0")[0].get("carrier"))

    return machine.run(look)


def test_a_machine_sees_its_carrier_go_and_come(link: Cable, machine: NetworkNamespace) -> None:
    assert carrier(machine)
    assert link.cut()
    assert not carrier(machine)
    assert link.is_cut("up")
    link.cut(directions=["up"])
    assert carrier(machine)
    assert not link.is_cut("down")
    link.restore()
    assert not link.is_cut("up")
    link.cut(carrier=False)
    assert carrier(machine)


def test_a_guest_sees_its_carrier_by_its_hypervisor(network: BridgeNetwork) -> None:
    network.attach("guest/eth0", ONE)
    link = network.links["guest/eth0"]
    assert not link.cut()
    assert link.is_cut("up")
    assert link.is_cut("down")
    link.restore()
    assert not link.is_cut("up")


def test_where_the_kernel_can_t_impair_it_says_what_is_missing(network: BridgeNetwork, link: Cable) -> None:
    features: Features = probe()
    if features.netem and features.ifb:  # then it is tested in in_uml
        link.impair(Impairment(loss=0.5))
        assert link.impairment("up") == Impairment(loss=0.5)
    else:
        with pytest.raises(HostError, match=r"modprobe sch_netem.*--lab-network=switch"):
            link.impair(Impairment(loss=0.5))
        assert link.impairment("up") == Impairment()
        assert [change.command for change in network.changes] == []


def test_zero_is_kept_apart_from_nothing(link: Cable) -> None:
    link.impair(Impairment(loss=0.0))
    assert link.impairment("up") == link.impairment("down") == Impairment(loss=0.0)


def test_what_was_done_to_a_cable_holds_for_the_next_card(
    network: BridgeNetwork, machine: NetworkNamespace, undo: ExitStack
) -> None:
    (cable,) = network.lay(["node01/eth0"])
    cable.cut()
    assert cable.is_cut("up")
    assert network.wire(machine, {"node01/eth0": ONE}) == [cable]
    assert cable.is_cut("down"), "the kernel says so"
    assert not carrier(machine)
    cable.restore()
    assert carrier(machine)
    with pytest.raises(ValueError, match="plugged into the link node01/eth0 already"):
        network.wire(machine, {"node01/eth0": ONE})
    cable.cut(directions=["up"])
    network.unplug(["node01/eth0"])
    with pytest.raises(KeyError):
        network.unplug(["node01/eth0"])
    other = undo.enter_context(NetworkNamespace.create())
    network.wire(other, {"node01/eth0": ONE})
    assert cable.is_cut("up")
    assert not cable.is_cut("down")
    assert [change.arguments["directions"] for change in network.changes] == [["up", "down"], [], ["up"]]


def test_counters_go_on_with_the_next_card(network: BridgeNetwork, undo: ExitStack) -> None:
    network.lay(["node01/eth0"])
    heard = []
    for _ in range(2):
        place = undo.enter_context(NetworkNamespace.create())
        network.wire(place, {"node01/eth0": ONE})
        with Station(place, "eth0") as station:
            station.send(b"\xff" * 6 + bytes.fromhex("525400000101") + bytes(48))
        heard.append(network.unplug(["node01/eth0"])["node01/eth0"].received)
    assert heard == [1, 2]


def test_a_rule_waits_for_whoever_is_plugged_in(network: BridgeNetwork, undo: ExitStack) -> None:
    two = replace(ONE, mac="52:54:00:00:01:02")
    network.lay(["node01/eth0", "node02/eth0"])
    with network.deafen(halves(["node01/eth0"], ["node02/eth0"])) as rule:
        places = [undo.enter_context(NetworkNamespace.create()) for _ in range(2)]
        network.wire(places[0], {"node01/eth0": ONE})
        network.wire(places[1], {"node02/eth0": two})
        with Station(places[0], "eth0") as station:
            station.send(b"\xff" * 6 + bytes.fromhex("525400000101") + bytes(48))
        wait_until("the rule to bite", lambda: rule.dropped() == 1, within=5 * seconds)
    assert network.counters()["node02/eth0"].sent == 0
