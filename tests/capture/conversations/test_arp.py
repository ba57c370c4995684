from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.capture import events as ev
from harness.capture.dissector import Dissector
from tests.capture.build import CLIENT, CLIENT_MAC, SERVER, ethernet, number
from tests.capture.peer import ARP, octets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.capture.events import Event


def dissect(packets: Iterable[bytes]) -> list[Event]:
    dissector = Dissector()
    return [event for frame in number(packets) for event in dissector.frame(frame)]


def arp(**fields: object) -> bytes:
    return ethernet(octets(ARP(hwsrc=CLIENT_MAC, **fields)), ethertype=0x0806)


def test_arp_is_told() -> None:
    events = dissect([arp(op=op, psrc=CLIENT, pdst=SERVER) for op in (1, 2, 3)])
    assert [type(event) for event in events] == [ev.ArpRequest, ev.ArpReply]
    assert isinstance(events[0], ev.ArpRequest)
    assert (str(events[0].sender), str(events[0].target)) == (CLIENT, SERVER)
    assert dissect([arp(op=1, psrc=CLIENT, pdst=SERVER)[:34]])[0].kind == "undecodable"


@pytest.mark.parametrize(
    "fields, kind, gratuitous",
    [
        ({"op": 1, "psrc": "0.0.0.0", "pdst": CLIENT}, ev.ArpProbe, False),  # noqa: S104 - a probe's own
        ({"op": 1, "psrc": CLIENT, "pdst": CLIENT}, ev.ArpAnnouncement, True),
        ({"op": 2, "psrc": CLIENT, "pdst": CLIENT}, ev.ArpReply, True),
        ({"op": 2, "psrc": CLIENT, "pdst": SERVER}, ev.ArpReply, False),
    ],
)
def test_who_claims_an_address_is_told_apart(
    fields: dict[str, object], kind: type[ev.ArpEvent], *, gratuitous: bool
) -> None:
    (event,) = dissect([arp(**fields)])
    assert type(event) is kind
    assert isinstance(event, ev.ArpEvent)
    assert (event.gratuitous, event.sender_mac) == (gratuitous, CLIENT_MAC)
    said = event.standard()
    assert (said["op"], said["sha"], str(said["tpa"])) == (fields["op"], CLIENT_MAC, fields["pdst"])
