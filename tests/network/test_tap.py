from __future__ import annotations

import os
import socket
from ipaddress import IPv4Address

import pytest

from harness.errors import HostError
from harness.network.tap import host_mac, open_offloading
from harness.sandbox.netns import NetworkNamespace


def test_a_host_s_mac_is_locally_administered_and_shows_its_address() -> None:
    assert host_mac(IPv4Address("192.168.100.1")) == "02:00:c0:a8:64:01"


@pytest.mark.kernel
def test_closing_the_descriptor_removes_the_device() -> None:
    with NetworkNamespace.create() as namespace:
        os.close(namespace.run(lambda: open_offloading("eth0", persistent=False)))
        assert namespace.run(lambda: [name for _, name in socket.if_nameindex()]) == ["lo"]


@pytest.mark.kernel
def test_a_name_that_is_taken_is_an_error_that_leaves_nothing() -> None:
    with NetworkNamespace.create() as namespace:
        tap = namespace.run(lambda: open_offloading("eth0", persistent=False))
        with pytest.raises(HostError, match="no TAP device eth0"):
            namespace.run(lambda: open_offloading("eth0", persistent=False))
        os.close(tap)
