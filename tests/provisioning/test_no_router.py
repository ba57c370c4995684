from __future__ import annotations

import socket
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.provisioning.no_router import NOTHING, NoRouter
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import wait_until
from harness.units import seconds
from tests.provisioning.segment import Segment

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.kernel

SOLICITATION = struct.pack("!BBHI", 133, 0, 0, 0)
HOP_LIMIT = 255


@pytest.fixture
def segment() -> Iterator[Segment]:
    segment = Segment()
    yield segment
    segment.close()


def solicit(kind: bytes = SOLICITATION, patience: float = 0.3) -> bytes | None:
    """Ask for routers once, as a host does (RFC 4861, section 4.1), and return the advertisement that came."""
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as host:
        host.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
        host.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, HOP_LIMIT)
        host.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
        host.settimeout(patience)
        try:
            host.sendto(kind, ("ff02::2", 0))
            while True:
                packet, ancillary, _, _ = host.recvmsg(1500, 100)
                if packet[0] == 134:
                    assert struct.unpack("@i", ancillary[0][2]) == (HOP_LIMIT,)
                    return packet
        except OSError:
            return None


def test_a_solicitation_is_answered_with_nothing_on_offer(segment: Segment) -> None:
    answering = NoRouter(segment.server, "pxe0")
    answering.start()
    packet = wait_until("an advertisement", lambda: segment.client.run(solicit), within=10 * seconds)
    kind, code, _checksum, _hops, flags, lifetime, reachable, retransmission = struct.unpack("!BBHBBHII", packet)
    assert (kind, code, flags, lifetime, reachable, retransmission) == (134, 0, 0, 0, 0, 0)
    assert len(packet) == len(NOTHING), "no prefix, no other option"
    answering.stop()
    assert segment.client.run(solicit) is None
    answering.stop()


def test_it_answers_on_an_interface_that_was_made_without_ipv6(segment: Segment) -> None:
    def off() -> None:
        Path("/proc/sys/net/ipv6/conf/pxe0/disable_ipv6").write_text("1")

    segment.server.run(off)
    answering = NoRouter(segment.server, "pxe0")
    answering.start()
    wait_until("an advertisement", lambda: segment.client.run(solicit), within=10 * seconds)
    answering.stop()


def test_other_questions_are_not_answered(segment: Segment) -> None:
    answering = NoRouter(segment.server, "pxe0")
    answering.start()
    wait_until("an advertisement", lambda: segment.client.run(solicit), within=10 * seconds)
    echo = struct.pack("!BBHI", 128, 0, 0, 0)
    assert segment.client.run(lambda: solicit(echo)) is None
    answering.stop()


def test_without_the_interface_it_does_not_start() -> None:
    with NetworkNamespace.create() as bare:
        answering = NoRouter(bare, "pxe0")
        with pytest.raises(OSError, match="no interface"):
            answering.start()
        answering.stop()
