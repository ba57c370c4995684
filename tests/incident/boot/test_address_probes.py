from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

from harness.capture import events as ev
from harness.incident.boot import faults as boot_faults
from harness.incident.boot.address_probes import address_probes
from tests.incident.dialogues import MAC, SERVER, SERVER_MAC, Dialogue
from tests.incident.records import at

FREE = IPv4Address("192.168.100.77")


def looks(dialogue: Dialogue, *moments: float, who: IPv4Address = SERVER) -> Dialogue:
    for moment in moments:
        fields = {"sender_mac": SERVER_MAC, "sender": who, "target_mac": "00:00:00:00:00:00", "target": FREE}
        dialogue.add(moment, ev.ArpRequest, src=str(who), dst=str(FREE), mac=SERVER_MAC, **fields)
    return dialogue


def test_a_server_is_seen_to_look_for_who_has_an_address() -> None:
    dialogue = looks(Dialogue().lease(1, 1), 5, 6)
    assert address_probes(dialogue.record().heard) == {str(SERVER): [at(5), at(6)]}


def test_who_serves_no_addresses_and_who_is_answered_looks_for_nothing() -> None:
    dialogue = looks(Dialogue().lease(1, 1), 5, who=IPv4Address("192.168.100.12"))
    looks(dialogue, 8)
    fields = {"sender_mac": MAC, "sender": FREE, "target_mac": SERVER_MAC, "target": SERVER}
    dialogue.add(8.001, ev.ArpReply, src=str(FREE), dst=str(SERVER), mac=MAC, **fields)
    assert address_probes(dialogue.record().heard) == {}


def test_a_server_that_looks_first_is_not_down() -> None:
    dialogue = Dialogue().lease(1, 1)
    for moment in (10, 11, 12):
        dialogue.dhcp(moment, ev.DhcpDiscover, 7)
    looks(dialogue, 10.001, 11.001, 12.001).dhcp(13.01, ev.DhcpOffer, 7).lease(20, 9)
    assert boot_faults.find(dialogue.record()) == []


def test_a_server_behind_a_router_looks_by_an_echo() -> None:
    dialogue = Dialogue().lease(1, 1)
    echo: dict[str, Any] = {"type": 8, "code": 0, "identifier": 1, "sequence": 0, "length": 28, "mac": SERVER_MAC}
    dialogue.add(5, ev.IcmpEchoRequest, src=str(SERVER), dst=str(FREE), **echo)
    dialogue.add(8, ev.IcmpEchoRequest, src=str(SERVER), dst=str(FREE), **echo)
    dialogue.add(8.001, ev.IcmpEchoReply, src=str(FREE), dst=str(SERVER), **echo | {"type": 0, "mac": MAC})
    assert address_probes(dialogue.record().heard) == {str(SERVER): [at(5)]}
