from __future__ import annotations

import pytest

from harness.capture import events as ev
from tests.capture.make import FIRMWARE, IPXE, Fields, Wire


@pytest.mark.parametrize("says, pxe, ipxe", [(FIRMWARE, True, False), (IPXE, True, True), ({}, False, False)])
def test_a_client_says_what_it_is(says: Fields, pxe: bool, ipxe: bool) -> None:  # noqa: FBT001 - from parametrize
    (event,) = Wire().dhcp(ev.DhcpDiscover, **says).events
    assert isinstance(event, ev.DhcpDiscover)
    assert (event.from_pxe, event.from_ipxe) == (pxe, ipxe)
