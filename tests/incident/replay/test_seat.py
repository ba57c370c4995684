from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import IPv4Address

import pytest

from harness.incident.replay.datagram import Way, udp_frame
from harness.incident.replay.seat import Seat
from harness.units import milliseconds, seconds
from tests.incident.replay import frames
from tests.provisioning.segment import SERVER, Segment

pytestmark = pytest.mark.kernel

SITTING = IPv4Address("192.168.100.77")


@pytest.fixture
def segment() -> Iterator[Segment]:
    made = Segment()
    yield made
    made.close()


def test_a_neighbour_is_found_in_the_client_s_name_and_hears_it(segment: Segment) -> None:
    listener = segment.server.run(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    with listener, Seat(segment.client, "eth0") as seat:
        listener.bind((str(SERVER), 69))
        listener.settimeout(3)
        seat.sit(SITTING, frames.MAC)
        mac = seat.find(SERVER, SITTING, frames.MAC, 3 * seconds)
        assert mac is not None
        seat.send(udp_frame(Way(frames.MAC, mac, SITTING, 2070, SERVER, 69), b"hello"))
        assert listener.recvfrom(100) == (b"hello", (str(SITTING), 2070))
        listener.sendto(b"back", (str(SITTING), 2070))
        heard = seat.hear(3 * seconds, lambda one: one if one.dst_port == 2070 else None)
        assert heard is not None
        assert (heard.payload, heard.dst_mac) == (b"back", frames.MAC)


def test_arp_is_answered_for_who_sits_here_and_for_nobody_else(segment: Segment) -> None:
    with Seat(segment.client, "eth0") as seat:
        seat.sit(SITTING, frames.MAC)
        sender = segment.server.run(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        with sender:
            sender.sendto(b"x", (str(SITTING), 9))
            sender.sendto(b"y", ("192.168.100.78", 9))
            heard = seat.hear(3 * seconds, lambda one: one if one.dst_port == 9 else None)
            assert heard is not None
            assert heard.payload == b"x"
            assert seat.hear(300 * milliseconds, lambda one: one if one.payload == b"y" else None) is None


def test_who_is_not_there_is_not_found(segment: Segment) -> None:
    with Seat(segment.client, "eth0") as seat:
        assert seat.find(IPv4Address("192.168.100.9"), SITTING, frames.MAC, 200 * milliseconds) is None
