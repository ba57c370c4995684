from __future__ import annotations

import fcntl
import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv4Interface

import pytest

from harness.network.bridge import devices
from harness.network.bridge.netlink import Netlink
from harness.sandbox.netns import NetworkNamespace

pytestmark = pytest.mark.kernel

GROUP = 36
SIOCGIFFLAGS = 0x8913


@pytest.fixture
def place() -> Iterator[NetworkNamespace]:
    with NetworkNamespace.create() as made:
        yield made


@pytest.fixture
def netlink(place: NetworkNamespace) -> Iterator[Netlink]:
    with Netlink(place) as made:
        yield made


def names(place: NetworkNamespace) -> set[str]:
    return place.run(lambda: {name for _, name in socket.if_nameindex()}) - {"lo"}


def is_up(place: NetworkNamespace, name: str) -> bool:
    with place.run(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as asking:
        answer = fcntl.ioctl(asking, SIOCGIFFLAGS, struct.pack("16sH22x", name.encode(), 0))
    flags: int = struct.unpack_from("16xH", answer)[0]
    return bool(flags & devices.IFF_UP)


def test_a_port_s_other_end_is_a_machine_s_card(place: NetworkNamespace, netlink: Netlink) -> None:
    with NetworkNamespace.create() as machine, Netlink(machine) as there:
        netlink.tell([devices.add_bridge("bridge", GROUP, "bridge", vlans=False)])
        card = devices.card("eth0", machine.fileno(), "52:54:00:00:01:01", 100)
        netlink.tell([devices.add_port("port", 0, GROUP, netlink.index("bridge"), peer=card, what="eth0")])
        assert names(machine) == {"eth0"}
        assert names(place) == {"bridge", "port"}
        index = there.index("eth0")
        there.tell([devices.raise_link(index, "eth0"), devices.add_address(index, IPv4Interface("10.0.10.1/24"))])
        machine.run(lambda: socket.create_server(("10.0.10.1", 80)).close())
        assert is_up(machine, "eth0")
        assert not is_up(place, "port")
        netlink.tell([devices.delete_group(GROUP)])
        assert names(place) == names(machine) == set()


def test_what_is_settled_is_up_and_in_its_group(place: NetworkNamespace, netlink: Netlink) -> None:
    netlink.tell([devices.add_bridge(name, 1, name, vlans=False) for name in ("one", "two")])
    netlink.tell(devices.settle(netlink.index("one"), GROUP, "the first"))
    assert is_up(place, "one")
    netlink.tell([devices.raise_link(netlink.index("one"), "one", up=False)])
    assert not is_up(place, "one")
    netlink.tell([devices.delete_group(GROUP)])
    assert names(place) == {"two"}
    netlink.tell([devices.delete(netlink.index("two"), "two")])
    assert names(place) == set()


def test_a_settled_device_says_whose_it_is_and_has_no_ipv6_address(place: NetworkNamespace, netlink: Netlink) -> None:
    netlink.tell([devices.add_bridge("one", GROUP, "one", vlans=False)])
    netlink.tell(devices.settle(netlink.index("one"), GROUP, "node01/eth1"))

    def look() -> tuple[str, str]:
        with open("/proc/net/if_inet6", encoding="ascii") as addresses:  # noqa: PTH123 - of this thread's namespace
            listed = addresses.read()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM):
            return listed, str(socket.if_nametoindex("one"))

    listed, index = place.run(look)
    assert not any(line.endswith(" one") for line in listed.splitlines()), index
