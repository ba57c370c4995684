from __future__ import annotations

import pytest

from harness.incident.inventory.wires import Place, is_group
from tests.capture import build
from tests.incident.field import mac_of, said, talk, wires

ROUTER = "52:54:00:ff:ff:01"


def test_who_serves_is_who_takes_connections() -> None:
    found = wires(*talk("10.0.0.9", "10.0.0.1"))
    assert dict(found.serves) == {"10.0.0.1": {2380}}


def test_who_serves_is_told_in_the_middle_of_a_connection_too() -> None:
    answers = [said("10.0.0.1", "10.0.0.9", ports=(2380, 40000))] * 3
    questions = [said("10.0.0.9", "10.0.0.1")] * 3
    assert dict(wires(*answers, *questions).serves) == {"10.0.0.1": {2380}}


def test_a_card_is_its_owners_and_not_the_routers() -> None:
    near = talk("10.0.0.1", "10.0.0.2")
    far = [said("10.1.0.7", "10.0.0.1", by=ROUTER), said("10.2.0.8", "10.0.0.1", by=ROUTER)]
    found = wires(*near, *far)
    assert found.routers() == {ROUTER}
    assert found.owners() == {one: mac_of(one) for one in ("10.0.0.1", "10.0.0.2")}
    assert "10.1.0.7" not in found.places


def test_a_card_with_a_further_address_of_its_network_is_no_routers() -> None:
    card = mac_of("10.0.0.1")
    found = wires(said("10.0.0.1", "10.0.0.2"), said("10.0.0.100", "10.0.0.2", by=card))
    assert found.routers() == frozenset()
    assert found.owners() == {"10.0.0.1": card, "10.0.0.100": card}


def test_tags_tell_where_somebody_is_heard() -> None:
    found = wires(said("10.0.0.1", "10.0.0.2", tag=200))
    assert dict(found.places["10.0.0.1"]) == {Place("a.pcap", "eth0", (200,)): 1}


def test_broadcasts_tell_where_a_subnet_ends() -> None:
    found = wires(said("10.0.0.1", "10.0.255.255", to="ff:ff:ff:ff:ff:ff"))
    assert found.broadcasts == {"10.0.255.255"}
    assert found.pairs == {}


@pytest.mark.parametrize(
    "mac, group", [("ff:ff:ff:ff:ff:ff", True), ("01:00:5e:00:00:12", True), (build.CLIENT_MAC, False)]
)
def test_groups(mac: str, group: object) -> None:
    assert is_group(mac) is group
