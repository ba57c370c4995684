from __future__ import annotations

from ipaddress import IPv4Address

from harness.capture import events as ev
from harness.incident.packet import Packet
from harness.incident.signatures.boot_signatures import BootNeverEnds, DownloadStalls, NoOffer, TwoDhcpServers
from harness.incident.signatures.signature import Stage
from tests.capture.build import CLIENT_MAC
from tests.capture.make import CLIENT_END, Wire
from tests.incident.dialogues import ADDRESS, SERVER, Dialogue
from tests.incident.records import T036, at, every, frames
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


def sent(*moments: float) -> list[Packet]:
    """Return what the server sends of a file, at those moments."""
    body = frames(T036, "node02", moments, src=str(SERVER), ports=(80, 50000), payload=1448)
    return [packet._replace(dst=str(ADDRESS)) for packet in body]


def downloaded(dialogue: Dialogue, packets: list[Packet], since: float = 0) -> Stage:
    return Stage(dialogue.record(packets=packets), at(since))


def test_a_download_that_stops_in_the_middle_stalls() -> None:
    dialogue = Dialogue().lease(1, 1).http(10, 10.05, "/initrd.img")
    dialogue.said.pop()
    seen = DownloadStalls().look(downloaded(dialogue, sent(*every(0.1, 10.1, 15), 21)))
    assert (seen.appeared, seen.because) == (True, f"{ADDRESS} is sent no more of /initrd.img for 6.1 s")


def test_a_file_that_is_not_sent_at_all_stalls() -> None:
    dialogue = Dialogue().lease(1, 1).http(10, None, "/boot.ipxe")
    seen = DownloadStalls().look(downloaded(dialogue, sent(20)))
    assert (seen.appeared, "is not sent /boot.ipxe" in seen.because) == (True, True)


def test_what_comes_in_time_does_not_stall() -> None:
    dialogue = Dialogue().lease(1, 1).http(10, 10.05, "/initrd.img")
    assert DownloadStalls().look(downloaded(dialogue, [])).appeared is False


def test_what_stalled_before_does_not_count() -> None:
    dialogue = Dialogue().lease(1, 1).http(10, None, "/boot.ipxe").http(30, 30.05, "/boot.ipxe")
    assert DownloadStalls().look(downloaded(dialogue, [], since=25)).appeared is False


def test_where_nobody_downloads_nobody_knows() -> None:
    assert DownloadStalls().look(stage()).appeared is None
