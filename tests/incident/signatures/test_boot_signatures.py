from __future__ import annotations

from ipaddress import IPv4Address

from harness.capture import events as ev
from harness.incident.signatures.boot_signatures import BootNeverEnds, NoOffer, TwoDhcpServers
from tests.capture.build import CLIENT_MAC
from tests.capture.make import CLIENT_END, Wire
from tests.incident.stages import stage


def test_who_asks_again_and_is_offered_nothing_is_told() -> None:
    wire = Wire().dhcp(ev.DhcpDiscover).dhcp(ev.DhcpDiscover).dhcp(ev.DhcpDiscover)
    seen = NoOffer().look(stage(heard=wire.events))
    assert seen.appeared is True
    assert "asks for 2.0 s, and is offered nothing" in seen.because
    assert [each.frame for each in seen.evidence] == [1, 3]


def test_two_servers_are_told_by_what_they_call_themselves() -> None:
    one = Wire().dhcp(ev.DhcpDiscover).dhcp(ev.DhcpOffer)
    assert TwoDhcpServers().look(stage(heard=one.events)).appeared is False
    other = one.dhcp(ev.DhcpOffer, server=IPv4Address("192.168.100.200"))
    seen = TwoDhcpServers().look(stage(heard=other.events))
    assert seen.because == f"192.168.100.1 and 192.168.100.200 offer addresses to {CLIENT_MAC}"
    assert TwoDhcpServers().look(stage()).appeared is None


def test_who_is_answered_late_was_answered() -> None:
    wire = Wire().dhcp(ev.DhcpDiscover).dhcp(ev.DhcpDiscover).dhcp(ev.DhcpOffer)
    assert NoOffer().look(stage(heard=wire.events)).appeared is False


def test_where_nobody_asks_nobody_knows() -> None:
    assert NoOffer().look(stage()).appeared is None
    assert BootNeverEnds().look(stage()).appeared is None


def request(wire: Wire) -> Wire:
    return wire.add(ev.TftpRequest, client=CLIENT_END, file="ipxe.efi", write=False, mode="octet", options=())


def test_who_asks_for_a_file_again_and_again_never_ends() -> None:
    seen = BootNeverEnds().look(stage(heard=request(request(request(Wire()))).events))
    assert (seen.appeared, "asks for ipxe.efi 3 times" in seen.because) == (True, True)


def test_who_has_it_in_the_end_is_done() -> None:
    wire = request(request(Wire()))
    wire.add(ev.TftpComplete, client=CLIENT_END, file="ipxe.efi", octets=9, blocks=1, missing=0)
    request(request(wire))
    assert BootNeverEnds().look(stage(heard=wire.events)).appeared is False
