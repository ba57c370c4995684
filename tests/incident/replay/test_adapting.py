from __future__ import annotations

from ipaddress import IPv4Address

from harness.capture.protocols import dhcp as protocol
from harness.incident.replay.adapting import dhcp_question, http_question
from harness.incident.replay.excuses import Moved
from tests.incident.replay import frames
from tests.provisioning import dhcp

HERE, LEASED = IPv4Address("192.168.7.1"), IPv4Address("192.168.7.5")


def moved() -> Moved:
    found = Moved()
    found.servers[frames.SERVER] = HERE
    found.clients[frames.CLIENT] = LEASED
    return found


def test_a_request_names_the_server_and_the_address_of_now() -> None:
    options = {**dhcp.ipxe(7), dhcp.ADDRESS: frames.CLIENT.packed, dhcp.SERVER: frames.SERVER.packed}
    asked = bytearray(frames.question(3, options))
    asked[12:16] = frames.CLIENT.packed
    sent, adapted = dhcp_question(bytes(asked), moved())
    found = protocol.parse(sent)
    assert (found.server, found.requested, found.client_address) == (HERE, LEASED, LEASED)
    assert len(sent) == len(asked)
    assert [str(one) for one in adapted] == [
        "ciaddr: 10.0.0.5 recorded, 192.168.7.5 sent: as the boot server says now",
        "option 50: 10.0.0.5 recorded, 192.168.7.5 sent: as the boot server says now",
        "option 54: 10.0.0.1 recorded, 192.168.7.1 sent: as the boot server says now",
    ]


def test_nothing_else_is_touched() -> None:
    asked = frames.question(3, {dhcp.SERVER: frames.SERVER.packed, 61: frames.SERVER.packed, 12: b"10.0.0.1"})
    assert dhcp_question(asked, Moved()) == (asked, [])
    sent, _ = dhcp_question(asked, moved())
    assert sum(one != other for one, other in zip(asked, sent, strict=True)) == 3


def test_options_that_are_cut_are_left_alone() -> None:
    asked = frames.question(3, {dhcp.SERVER: frames.SERVER.packed})
    for end in range(240, len(asked)):
        sent, adapted = dhcp_question(asked[:end], moved())
        assert len(sent) == end
        assert len(adapted) <= 1


def test_a_request_for_a_file_names_the_host_of_now() -> None:
    sent, adapted = http_question(b"GET /x HTTP/1.1\r\nHost: 10.0.0.1:8080\r\n\r\n", moved())
    assert sent == b"GET /x HTTP/1.1\r\nHost: 192.168.7.1:8080\r\n\r\n"
    assert [(one.recorded, one.sent) for one in adapted] == [("Host: 10.0.0.1:8080", "Host: 192.168.7.1:8080")]
