from __future__ import annotations

import os
import socket
from ipaddress import IPv4Address, IPv4Interface

import pytest

from harness.errors import HostError
from harness.network.tap import host_mac, open_tap
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import wait_until
from harness.units import seconds

ADDRESS = IPv4Interface("192.168.100.1/24")


def test_a_host_s_mac_is_locally_administered_and_shows_its_address() -> None:
    assert host_mac(IPv4Address("192.168.100.1")) == "02:00:c0:a8:64:01"


@pytest.mark.kernel
def test_what_a_host_sends_can_be_read() -> None:
    with NetworkNamespace.create() as namespace:
        tap = open_tap(namespace, "eth0", host_mac(ADDRESS.ip), ADDRESS)
        with namespace.run(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sender:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            sender.sendto(b"a word", ("192.168.100.255", 9))

        def broadcast() -> bytes | None:
            try:
                frame = os.read(tap, 2000)
            except BlockingIOError:
                return None
            return frame if b"a word" in frame else None

        seen = wait_until("the broadcast", broadcast, within=5 * seconds)
        assert seen[6:12].hex(":") == "02:00:c0:a8:64:01"
        os.close(tap)


@pytest.mark.kernel
def test_closing_the_descriptor_removes_the_device() -> None:
    with NetworkNamespace.create() as namespace:
        os.close(open_tap(namespace, "eth0", host_mac(ADDRESS.ip), ADDRESS))
        assert namespace.run(lambda: [name for _, name in socket.if_nameindex()]) == ["lo"]


@pytest.mark.kernel
def test_a_name_that_is_taken_is_an_error_that_leaves_nothing() -> None:
    with NetworkNamespace.create() as namespace:
        tap = open_tap(namespace, "eth0", host_mac(ADDRESS.ip), ADDRESS)
        with pytest.raises(HostError, match="no TAP device eth0"):
            open_tap(namespace, "eth0", host_mac(ADDRESS.ip), ADDRESS)
        os.close(tap)
