"""A segment with real TAP devices and a stand-in for a guest: a socket that joins the group as QEMU's netdev does."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from scapy.layers.l2 import ARP, Ether
from scapy.utils import rdpcap

from harness.errors import LabError
from harness.network.group import open_receiver, open_sender
from harness.network.multicast import MulticastNetwork, Segment
from harness.network.tap import host_mac
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import wait_until
from harness.topology.model import MachineSpec, NicSpec, Topology, Vlan
from harness.topology.scalars import MulticastEndpoint
from harness.units import seconds

pytestmark = pytest.mark.kernel

SERVER = IPv4Address("192.168.100.1")
CLIENT = IPv4Address("192.168.100.254")
GROUP = MulticastEndpoint(IPv4Address("230.0.0.1"), 1234)


class Guest:
    """What a guest's netdev is to the segment: it sends to the group and hears everybody else."""

    def __init__(self, namespace: NetworkNamespace) -> None:
        self.sender = namespace.run(open_sender)
        port = self.sender.getsockname()[1]
        self.receiver = namespace.run(lambda: open_receiver(GROUP, except_port=port))

    def send(self, frame: bytes) -> None:
        self.sender.sendto(frame, (str(GROUP.group), GROUP.port))

    def hear(self) -> list[bytes]:
        frames = []
        try:
            while True:
                frames.append(self.receiver.recv(1 << 16))
        except BlockingIOError:
            return frames

    def close(self) -> None:
        self.sender.close()
        self.receiver.close()


@pytest.fixture
def namespace() -> Iterator[NetworkNamespace]:
    with NetworkNamespace.create() as made:
        yield made


@pytest.fixture
def boot_server() -> Iterator[NetworkNamespace]:
    with NetworkNamespace.create() as made:
        yield made


@pytest.fixture
def segment(tmp_path: Path, namespace: NetworkNamespace, boot_server: NetworkNamespace) -> Iterator[Segment]:
    vlan = Vlan(name="cluster", subnet=IPv4Network("192.168.100.0/24"))
    made = Segment(vlan, GROUP, tmp_path / "cluster.pcapng", namespace)
    made.add_host(namespace, "lab0", CLIENT)
    made.add_host(boot_server, "eth0", SERVER)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def guest(namespace: NetworkNamespace) -> Iterator[Guest]:
    made = Guest(namespace)
    yield made
    made.close()


def transfer(segment: Segment, boot_server: NetworkNamespace, size: int) -> int:
    listener = boot_server.run(lambda: socket.create_server((str(SERVER), 80)))
    with listener, segment.namespace.run(lambda: socket.create_connection((str(SERVER), 80), timeout=10)) as client:
        connection, _ = listener.accept()
        with connection:
            client.sendall(b"GET")
            assert connection.recv(3) == b"GET"
            received = 0
            sent = 0
            while received < size:
                sent += connection.send(bytes(min(1 << 15, size - sent))) if sent < size else 0
                received += len(client.recv(1 << 20))
    return received


def test_hosts_of_the_harness_reach_each_other(segment: Segment, boot_server: NetworkNamespace) -> None:
    assert transfer(segment, boot_server, 1 << 20) == 1 << 20
    assert segment.flush().dropped == 0


@pytest.mark.usefixtures("segment")
def test_a_guest_is_heard_and_hears_only_others(guest: Guest) -> None:
    mine = "52:54:00:00:01:01"
    request = Ether(src=mine, dst="ff:ff:ff:ff:ff:ff") / ARP(hwsrc=mine, psrc="192.168.100.11", pdst=str(SERVER))
    guest.send(bytes(request))
    heard: list[bytes] = []

    def answered() -> bool:
        heard.extend(guest.hear())
        return any(Ether(frame).src == host_mac(SERVER) and ARP in Ether(frame) for frame in heard)

    wait_until("the answer to ARP", answered, within=5 * seconds)
    assert all(Ether(frame).src != mine for frame in heard)


def test_the_capture_holds_each_frame_once_and_in_order(
    segment: Segment, guest: Guest, boot_server: NetworkNamespace
) -> None:
    for number in range(500):
        guest.send(
            bytes(Ether(src="52:54:00:00:01:01", dst="ff:ff:ff:ff:ff:ff", type=0x88B5) / f"{number:060}".encode())
        )
    transfer(segment, boot_server, 1 << 20)
    counters = segment.stop()  # not a flush: connections still close, and frames after it would not be counted
    assert counters is not None
    frames = rdpcap(str(segment.capture))
    numbered = [int(bytes(frame.payload)) for frame in frames if frame.type == 0x88B5]
    assert numbered == list(range(500))
    assert len(frames) == counters.received + counters.sent
    times = [frame.time for frame in frames]
    assert times == sorted(times)


def test_a_burst_loses_nothing(segment: Segment, guest: Guest) -> None:
    frame = bytes(Ether(src="52:54:00:00:01:01", dst="02:00:00:00:00:99", type=0x88B5) / bytes(1486))
    for _ in range(20_000):  # the default buffer holds 92
        guest.send(frame)
    wait_until("20,000 frames", lambda: segment.flush().received >= 20_000, within=20 * seconds, show=segment.flush)
    assert segment.flush().dropped == 0


@pytest.mark.parametrize("frame", [b"", b"\x00", bytes(13), bytes(14), b"\xff" * 65_507])
def test_runts_and_giants_do_no_harm(
    segment: Segment, guest: Guest, boot_server: NetworkNamespace, frame: bytes
) -> None:
    guest.send(frame)
    assert transfer(segment, boot_server, 1 << 16) == 1 << 16


def test_a_relay_that_dies_says_so(segment: Segment) -> None:
    assert segment._relay is not None
    segment._relay.kill()
    with pytest.raises(LabError, match="the relay of segment cluster did not flush its capture"):
        segment.flush()
    with pytest.raises(LabError, match="did not stop"):
        segment.stop()


def test_stopping_unplugs_the_hosts(segment: Segment, namespace: NetworkNamespace) -> None:
    segment.stop()
    names = namespace.run(lambda: [name for _, name in socket.if_nameindex()])
    assert names == ["lo"]


def test_each_vlan_gets_a_group_of_its_own(tmp_path: Path, namespace: NetworkNamespace) -> None:
    subnets = {"a": None, "b": GROUP, "c": None}
    vlans = tuple(
        Vlan(name=name, subnet=IPv4Network(f"10.0.{number}.0/24"), multicast=multicast)
        for number, (name, multicast) in enumerate(subnets.items(), start=1)
    )
    nic = NicSpec(name="eth0", mac="52:54:00:00:01:01", vlan="a", address=IPv4Address("10.0.1.1"))
    topology = Topology(name="three", vlans=vlans, machines=(MachineSpec(name="node01", nics=(nic,)),))
    network = MulticastNetwork(topology, tmp_path, namespace)
    ports = {name: network.attach(name).endpoint.port for name in network.segments}
    assert ports == {"a": 1235, "b": 1234, "c": 1236}
