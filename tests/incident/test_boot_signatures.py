from __future__ import annotations

from harness.capture import events as ev
from harness.incident.boot_signatures import BootNeverEnds, NoOffer
from tests.capture.make import CLIENT_END, Wire
from tests.incident.stages import stage


def test_who_asks_again_and_is_offered_nothing_is_told() -> None:
    wire = Wire().dhcp(ev.DhcpDiscover).dhcp(ev.DhcpDiscover)
    seen = NoOffer().look(stage(heard=wire.events))
    assert seen.appeared is True
    assert "asked 2 times, and was offered nothing" in seen.because
    assert [each.frame for each in seen.evidence] == [1, 2]


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
    assert (seen.appeared, "asked for ipxe.efi 3 times" in seen.because) == (True, True)


def test_who_has_it_in_the_end_is_done() -> None:
    wire = request(request(request(Wire())))
    wire.add(ev.TftpComplete, client=CLIENT_END, file="ipxe.efi", octets=9, blocks=1, missing=0)
    assert BootNeverEnds().look(stage(heard=wire.events)).appeared is False
