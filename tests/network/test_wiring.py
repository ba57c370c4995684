from __future__ import annotations

import os
import socket
from ipaddress import IPv4Interface

import pytest

from harness.errors import HostError
from harness.network.ports import Access, Trunk
from harness.network.switch import offload
from harness.network.wiring import Card, make_cards
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import wait_until
from harness.units import seconds

ADDRESS = IPv4Interface("10.0.10.1/24")
MAC = "52:54:00:00:01:01"


def test_a_trunk_is_an_interface_for_each_vlan_and_its_addresses_follow() -> None:
    card = Card("eth1", MAC, Trunk(frozenset({20, 10}), 30), {10: [ADDRESS], 30: [IPv4Interface("10.0.30.1/24")]})
    assert card.interfaces() == {0: "eth1", 10: "eth1.10", 20: "eth1.20"}
    assert card.addresses_of(10) == [ADDRESS]
    assert card.addresses_of(0) == [IPv4Interface("10.0.30.1/24")]
    assert card.addresses_of(20) == ()


def test_a_trunk_without_a_native_vlan_has_no_interface_of_its_own() -> None:
    card = Card("eth1", MAC, Trunk(frozenset({10})))
    assert card.interfaces() == {10: "eth1.10"}
    assert card.addresses_of(0) == ()


@pytest.mark.kernel
def test_cards_are_made_and_go_with_their_namespace() -> None:
    with NetworkNamespace.create() as place:
        plugs = make_cards(place, {"a/eth0": Card("eth0", MAC, Access(10), {10: [ADDRESS]})})
        assert [plug.name for plug in plugs] == ["a/eth0"]
        assert place.run(lambda: [name for _, name in socket.if_nameindex()]) == ["lo", "eth0"]
        place.run(lambda: socket.create_server((str(ADDRESS.ip), 80)).close())
        for plug in plugs:
            plug.close()


@pytest.mark.kernel
def test_what_a_card_sends_can_be_read() -> None:
    with NetworkNamespace.create() as place:
        (plug,) = make_cards(place, {"a/eth0": Card("eth0", MAC, Access(10), {10: [ADDRESS]})})
        with place.run(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sender:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            sender.sendto(b"a word", (str(ADDRESS.network.broadcast_address), 9))

        def broadcast() -> bytes | None:
            try:
                frame = os.read(plug.descriptors[0], 2000)[offload.LENGTH :]
            except BlockingIOError:
                return None
            return frame if b"a word" in frame else None

        seen = wait_until("the broadcast", broadcast, within=5 * seconds)
        assert seen[6:12].hex(":") == MAC
        plug.close()


@pytest.mark.kernel
def test_a_name_that_is_taken_leaves_no_descriptor_behind() -> None:
    with NetworkNamespace.create() as place:
        cards = {"a": Card("eth0", MAC, Access(10)), "b": Card("eth0", MAC, Access(10))}
        with pytest.raises(HostError, match="no TAP device eth0"):
            make_cards(place, cards)


@pytest.mark.kernel
def test_cards_of_which_one_can_t_be_made_leave_no_interface() -> None:
    cards = {f"a/{number}": Card(name, MAC, Access(10)) for number, name in enumerate(["eth0", "eth1", "lo"])}
    with NetworkNamespace.create() as place:
        with pytest.raises(HostError, match="no TAP device lo"):
            make_cards(place, cards)
        assert place.run(lambda: [name for _, name in socket.if_nameindex()]) == ["lo"]
