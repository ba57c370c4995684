from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from harness.incident.inventory.hosts import Host
from harness.incident.inventory.inferred_machines import Surroundings, cards, machines_of, made_up
from harness.incident.inventory.subnets import Segment
from harness.incident.inventory.wires import Wires
from tests.incident.field import mac_of, said, talk, wires

CLUSTER = Segment(IPv4Network("10.0.0.0/24"))
TAGGED = Segment(IPv4Network("10.3.0.0/24"), tag=300)
OTHER = Segment(IPv4Network("10.4.0.0/24"))
ROUTER = "52:54:00:ff:ff:01"


def around(frames: Wires, *, members: tuple[str, ...] = (), dhcp: tuple[str, ...] = ()) -> Surroundings:
    return Surroundings((CLUSTER, TAGGED, OTHER), frames, members, dhcp)


def host(*addresses: str, name: str = "node01", macs: tuple[str, ...] = (), named: bool = False) -> Host:
    return Host(name, frozenset(addresses), frozenset(macs or map(mac_of, addresses)), frozenset(), named)


@pytest.mark.parametrize(
    "one, machine",
    [
        (host("10.0.0.1"), True),  # it serves
        (host("10.0.0.9"), False),  # it only asks
        (host("10.0.0.9", named=True), True),
        (host("10.0.0.7", name="node07"), True),  # a member
        (host("10.0.0.2"), False),  # it serves DHCP
        (host("8.8.8.8"), False),
        (host("10.0.0.1", macs=(ROUTER,)), False),
    ],
)
def test_who_is_a_machine(one: Host, machine: object) -> None:
    routed = [said(f"10.{at}.0.7", "10.0.0.1", by=ROUTER) for at in (7, 8)]
    frames = wires(*talk("10.0.0.9", "10.0.0.1"), *talk("10.0.0.9", "10.0.0.2"), *routed)
    other = host("10.0.0.50", name="other", named=True)
    found = machines_of([one, other], around(frames, members=("node07",), dhcp=("10.0.0.2",)))
    assert found == ([one, other] if machine else [other])


def test_who_only_asks_is_all_that_there_is_beside_one_machine() -> None:
    both = [host("10.0.0.1"), host("10.0.0.9")]
    assert machines_of(both, around(wires(*talk("10.0.0.9", "10.0.0.1")))) == both


def test_one_card_may_be_in_several_vlans_of_which_one_has_no_tag() -> None:
    card = mac_of("10.0.0.1")
    frames = wires(said("10.0.0.1", "10.0.0.2"), said("10.3.0.1", "10.3.0.2", by=card, tag=300))
    (nic,) = cards(host("10.0.0.1", "10.3.0.1", macs=(card,)), around(frames))
    assert (nic.name, nic.mac, nic.untagged, [one.vlan for one in nic.tagged]) == (
        "eth0",
        card,
        CLUSTER.name,
        ["vlan300"],
    )
    assert [str(one) for one in nic.addresses.values()] == ["10.0.0.1", "10.3.0.1"]


def test_a_card_has_one_subnet_without_a_tag_and_one_address_of_each() -> None:
    card = mac_of("10.0.0.1")
    frames = wires(*(said(one, "10.0.0.2", by=card) for one in ("10.0.0.1", "10.0.0.100", "10.4.0.1")))
    found = cards(host("10.0.0.1", "10.0.0.100", "10.4.0.1", macs=(card,)), around(frames))
    assert [(one.untagged, str(one.address)) for one in found] == [(CLUSTER.name, "10.0.0.1"), (OTHER.name, "10.4.0.1")]


def test_a_card_that_was_never_heard_is_made_up_the_same_each_time() -> None:
    one, again = (cards(host("10.0.0.1", macs=(ROUTER,)), around(wires()))[0].mac for _ in range(2))
    assert one == again
    assert made_up("node01", 0) != made_up("node02", 0)
