from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.capture.dissector import Dissector
from harness.capture.events import DhcpDiscover, Undecodable
from tests.capture import build
from tests.capture.build import SERVER, datagram, number
from tests.capture.peer import BOOTP, DHCP, octets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.capture.events import Event


def dissect(packets: Iterable[bytes]) -> list[Event]:
    dissector = Dissector()
    return [event for frame in number(packets) for event in dissector.frame(frame)]


DISCOVER = octets(BOOTP(chaddr=build.mac(build.CLIENT_MAC)) / DHCP(options=[("message-type", 1), "end"]))


@pytest.mark.parametrize("port, server_port", [(67, 67), (4011, 4011)])
def test_dhcp_is_told_on_both_ports_of_servers(port: int, server_port: int) -> None:
    (event,) = dissect([datagram(DISCOVER, source=("0.0.0.0", 68), to=("255.255.255.255", port))])  # noqa: S104 - DHCP's own
    assert isinstance(event, DhcpDiscover)
    assert (event.client, event.server_port) == (build.CLIENT_MAC, server_port)


def test_a_dhcp_type_that_is_not_known_is_undecodable() -> None:
    strange = octets(BOOTP(chaddr=build.mac(build.CLIENT_MAC)) / DHCP(options=[("message-type", 99), "end"]))
    (event,) = dissect([datagram(strange, to=(SERVER, 67))])
    assert isinstance(event, Undecodable)
    assert event.reason == "DHCP message type 99, not 1 to 8"
