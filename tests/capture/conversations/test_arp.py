from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.dissector import Dissector
from harness.capture.events import ArpReply, ArpRequest
from tests.capture.build import CLIENT, SERVER, ethernet, number
from tests.capture.peer import ARP, octets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.capture.events import Event


def dissect(packets: Iterable[bytes]) -> list[Event]:
    dissector = Dissector()
    return [event for frame in number(packets) for event in dissector.frame(frame)]


def test_arp_is_told() -> None:
    ask = octets(ARP(op=1, psrc=CLIENT, pdst=SERVER))
    events = dissect([ethernet(octets(ARP(op=op, psrc=CLIENT, pdst=SERVER)), ethertype=0x0806) for op in (1, 2, 3)])
    assert [type(event) for event in events] == [ArpRequest, ArpReply]
    assert isinstance(events[0], ArpRequest)
    assert (str(events[0].sender), str(events[0].target)) == (CLIENT, SERVER)
    assert dissect([ethernet(ask[:20], ethertype=0x0806)])[0].kind == "undecodable"
