from __future__ import annotations

import socket

import pytest

from harness.provisioning.udp_sink import UdpSink
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import wait_until
from harness.units import seconds

pytestmark = pytest.mark.kernel


def datagram_socket() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def test_what_comes_is_counted_by_port_and_not_answered() -> None:
    with NetworkNamespace.create() as place:
        with (
            UdpSink(place, [67, 69]) as sink,
            place.run(datagram_socket) as client,
        ):
            for port in (67, 69, 69):
                client.sendto(b"word", ("127.0.0.1", port))
            wait_until("all three", lambda: sink.heard() == {67: 1, 69: 2}, within=5 * seconds)
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.recv(1)
        sink.close()
        UdpSink(place, [67]).close()


def test_a_port_that_is_taken_is_an_error_and_the_others_are_free_then() -> None:
    with NetworkNamespace.create() as place, UdpSink(place, [69]):
        with pytest.raises(OSError, match="in use"):
            UdpSink(place, [67, 69])
        UdpSink(place, [67]).close()
