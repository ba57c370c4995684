from __future__ import annotations

import pytest

from harness.capture import events as ev
from tests.capture.build import CLIENT_MAC
from tests.capture.make import ADDRESS, FIRMWARE, IPXE, Fields, Wire


@pytest.mark.parametrize("says, pxe, ipxe", [(FIRMWARE, True, False), (IPXE, True, True), ({}, False, False)])
def test_a_client_says_what_it_is(says: Fields, pxe: bool, ipxe: bool) -> None:  # noqa: FBT001 - from parametrize
    (event,) = Wire().dhcp(ev.DhcpDiscover, **says).events
    assert isinstance(event, ev.DhcpDiscover)
    assert (event.from_pxe, event.from_ipxe) == (pxe, ipxe)


def test_a_message_has_its_fields_and_options_under_their_own_names() -> None:
    (event,) = Wire().dhcp(ev.DhcpAck, 7, operation=2, your_address=ADDRESS, options=((51, b"\0\0\x0e\x10"),)).events
    assert isinstance(event, ev.DhcpAck)
    said = event.standard()
    assert (said["op"], said["xid"], said["chaddr"], said["ciaddr"]) == (2, 7, CLIENT_MAC, "0.0.0.0")  # noqa: S104 - no address
    assert (said["yiaddr"], said["options"]) == (ADDRESS, {"Address Time": 3600})
    assert (event.option(51), event.option(3)) == (3600, None)
