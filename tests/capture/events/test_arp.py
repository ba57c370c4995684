from __future__ import annotations

from ipaddress import IPv4Address

from harness.capture import events as ev
from tests.capture.make import ADDRESS, Wire


def test_who_speaks_of_its_own_address_is_gratuitous() -> None:
    other = IPv4Address("192.168.100.1")
    own, asked = (
        Wire().add(ev.ArpReply, sender=ADDRESS, target=ADDRESS).add(ev.ArpRequest, sender=ADDRESS, target=other).events
    )
    assert isinstance(own, ev.ArpEvent)
    assert isinstance(asked, ev.ArpEvent)
    assert (own.gratuitous, asked.gratuitous) == (True, False)
    assert (own.standard()["op"], asked.standard()["op"]) == (2, 1)
