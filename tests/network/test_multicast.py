"""Groups with real TAP devices and stand-ins for guests: sockets that join a group as QEMU's netdevs do."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

import pytest
from scapy.layers.l2 import ARP, Ether
from scapy.utils import PcapNgReader

from harness.errors import LabError
from harness.network import tags
from harness.network.group import open_receiver, open_sender
from harness.network.impairment import Impairment
from harness.network.multicast import MulticastNetwork
from harness.network.ports import Access, PortMode, Trunk
from harness.network.protocol import MulticastAttachment
from harness.network.station import Station
from harness.network.wiring import Card
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import wait_until
from harness.topology.scalars import MulticastEndpoint
from harness.units import seconds

pytestmark = pytest.mark.kernel

SERVER = IPv4Address("192.168.100.1")
CLIENT = IPv4Address("192.168.100.254")
VLAN = 100
SERVER_MAC, CLIENT_MAC, MINE = "02:00:c0:a8:64:01", "02:00:c0:a8:64:fe", "52:54:00:00:01:01"
GROUP = MulticastEndpoint(IPv4Address("230.0.0.1"), 1234)


class Guest:
    """What a guest's netdev is to its group: it sends there and hears everybody else."""

    def __init__(self, namespace: NetworkNamespace, group: MulticastEndpoint) -> None:
        self.group = group
        self.sender = namespace.run(open_sender)
        port = self.sender.getsockname()[1]
        self.receiver = namespace.run(lambda: open_receiver(group, except_port=port))

    def send(self, frame: bytes) -> None:
        self.sender.sendto(frame, (str(self.group.group), self.group.port))

    def hear(self) -> list[bytes]:
        frames = []
        try:
            while True:
                frames.append(self.receiver.recv(1 << 16))
        except BlockingIOError:
            return frames

    def waits_for(self, wanted: list[int]) -> None:
        heard: list[bytes] = []

        def came() -> bool:
            heard.extend(self.hear())
            return numbers(heard) == wanted

        wait_until(f"frames {wanted}", came, within=5 * seconds)

    def close(self) -> None:
        self.sender.close()
        self.receiver.close()


@pytest.fixture
def namespace() -> Iterator[NetworkNamespace]:
    with NetworkNamespace.create() as made:
        yield made


@pytest.fixture
def place() -> Iterator[NetworkNamespace]:
    with NetworkNamespace.create() as made:
        yield made


@pytest.fixture
def network(tmp_path: Path, namespace: NetworkNamespace, place: NetworkNamespace) -> Iterator[MulticastNetwork]:
    """A hub with the harness's two hosts on it."""
    made = MulticastNetwork(tmp_path, namespace, fixed={VLAN: GROUP})
    made.start()
    for number, (where, address, mac) in enumerate([(namespace, CLIENT, CLIENT_MAC), (place, SERVER, SERVER_MAC)]):
        card = Card(f"lab{number}", mac, Access(VLAN), {VLAN: [IPv4Interface(f"{address}/24")]})
        made.wire(where, {f"host{number}": card})
    yield made
    made.stop()


@pytest.fixture
def guests(network: MulticastNetwork) -> Iterator[Callable[[str, PortMode], Guest]]:
    made: list[Guest] = []

    def make(name: str, mode: PortMode) -> Guest:
        at = network.attach(name, Card("eth0", MINE, mode))
        made.append(Guest(network.namespace, MulticastEndpoint(at.group, at.port)))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def guest(guests: Callable[[str, PortMode], Guest]) -> Guest:
    return guests("guest", Access(VLAN))


def numbered(number: int, mac: str = MINE) -> bytes:
    return bytes(Ether(src=mac, dst="ff:ff:ff:ff:ff:ff", type=0x88B5) / f"{number:060}".encode())


def numbers(frames: Iterable[bytes]) -> list[int]:
    return [int(frame[14:]) for frame in frames if frame[12:14] == b"\x88\xb5"]


def transfer(network: MulticastNetwork, place: NetworkNamespace, size: int) -> int:
    listener = place.run(lambda: socket.create_server((str(SERVER), 80)))
    with listener, network.namespace.run(lambda: socket.create_connection((str(SERVER), 80), timeout=10)) as client:
        connection, _ = listener.accept()
        with connection:
            client.sendall(b"GET")
            assert connection.recv(3) == b"GET"
            received = sent = 0
            while received < size:
                sent += connection.send(bytes(min(1 << 15, size - sent))) if sent < size else 0
                received += len(client.recv(1 << 20))
    return received


def test_a_segment_with_a_fixed_group_is_that_group(network: MulticastNetwork) -> None:
    for name in ("node01/eth0", "node02/eth0"):
        assert network.attach(name, Card("eth0", MINE, Access(VLAN))) == MulticastAttachment(*GROUP)
    assert list(network.links) == ["host0", "host1", "hub 230.0.0.1:1234"]


def test_hosts_of_ours_reach_each_other(network: MulticastNetwork, place: NetworkNamespace, guest: Guest) -> None:
    assert transfer(network, place, 1 << 20) == 1 << 20
    assert "missed" not in network.counters()["hub 230.0.0.1:1234"].dropped
    assert guest.hear(), "ARP's question, at least"


def test_a_guest_is_heard_and_hears_only_others(guest: Guest) -> None:
    request = Ether(src=MINE, dst="ff:ff:ff:ff:ff:ff") / ARP(hwsrc=MINE, psrc="192.168.100.11", pdst=str(SERVER))
    guest.send(bytes(request))
    heard: list[bytes] = []

    def answered() -> bool:
        heard.extend(guest.hear())
        return any(Ether(frame).src == SERVER_MAC and ARP in Ether(frame) for frame in heard)

    wait_until("the answer to ARP", answered, within=5 * seconds)
    assert all(Ether(frame).src != MINE for frame in heard)


def test_the_capture_holds_each_frame_of_a_hub_once_and_in_order(network: MulticastNetwork, guest: Guest) -> None:
    for number in range(500):
        guest.send(numbered(number))
    network.stop()
    with PcapNgReader(str(network.capture)) as frames:
        came = [frame for frame in frames if frame.direction == 1]
    assert numbers(bytes(frame) for frame in came) == list(range(500))
    times = [frame.time for frame in came]
    assert times == sorted(times)


def test_a_burst_loses_nothing(network: MulticastNetwork, guest: Guest) -> None:
    frame = bytes(Ether(src=MINE, dst="02:00:00:00:00:99", type=0x88B5) / bytes(1486))
    for _ in range(20_000):  # the default buffer holds 92
        guest.send(frame)
    hub = network.links["hub 230.0.0.1:1234"]
    wait_until("all of them", lambda: hub.counters().received == 20_000, within=10 * seconds)
    assert "missed" not in hub.counters().dropped


@pytest.mark.parametrize("frame", [b"", b"x", bytes(13), bytes(14), bytes(60_000), b"\xff" * 65_507])
def test_runts_and_giants_do_no_harm(
    network: MulticastNetwork, guest: Guest, place: NetworkNamespace, frame: bytes
) -> None:
    guest.send(frame)
    assert transfer(network, place, 1 << 10) == 1 << 10


def test_a_cable_to_a_hub_can_t_be_controlled_and_says_why(network: MulticastNetwork, guest: Guest) -> None:
    assert guest.group == GROUP
    with pytest.raises(LabError, match="the link guest can't be controlled: its guest shares the group 230"):
        network.links["guest"].cut()
    with pytest.raises(KeyError):
        network.links["nobody"]
    with pytest.raises(ValueError, match="plugged into the link guest already"):
        network.attach("guest", Card("eth0", MINE, Access(VLAN)))


def test_every_other_guest_has_a_group_and_a_link_of_its_own(
    network: MulticastNetwork, guests: Callable[[str, PortMode], Guest]
) -> None:
    one, two = guests("one", Access(20)), guests("two", Access(20))
    assert len({GROUP, one.group, two.group}) == 3
    network.links["two"].cut(directions=["down"])
    one.send(numbered(1))
    two.send(numbered(2, "52:54:00:00:01:02"))
    one.waits_for([2])
    assert network.links["two"].counters().down["cut"] == 1
    network.links["two"].restore()
    network.links["two"].impair(Impairment(duplicate=1.0), directions=["down"])
    one.send(numbered(3))
    two.waits_for([3, 3])


def test_a_guest_may_be_on_a_trunk(
    network: MulticastNetwork, guests: Callable[[str, PortMode], Guest], place: NetworkNamespace
) -> None:
    trunk = guests("trunk", Trunk(frozenset({20, 30}), VLAN))
    network.wire(place, {"there/eth9": Card("eth9", "52:54:00:00:01:09", Access(20))})
    with Station(place, "eth9") as station:
        frame = numbered(7)
        trunk.send(frame[:12] + tags.tag(20) + frame[12:])
        heard: list[bytes] = []

        def arrived() -> bool:
            heard.extend(one.frame for one in station.hear())
            return 7 in numbers(heard)

        wait_until("the frame without its tag", arrived, within=5 * seconds)
        station.send(numbered(8))
        wait_until(
            "it, tagged",
            lambda: any(tags.tag(20) == f[12:16] and f.endswith(b"8") for f in trunk.hear()),
            within=5 * seconds,
        )


def test_what_guests_could_not_take_is_counted(network: MulticastNetwork, place: NetworkNamespace) -> None:
    network.attach("small", Card("eth0", MINE, Access(VLAN)))
    small = Guest(network.namespace, GROUP)
    small.receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    transfer(network, place, 1 << 16)
    assert network.guests_dropped() == 0, "unicast between the two hosts is not flooded into the group"
    with Station(place, "lab1") as station:
        for number in range(200):
            station.send(numbered(number, SERVER_MAC))
    network.flush()
    lost = network.guests_dropped()
    heard = len(numbers(small.hear()))
    small.close()
    assert lost > 0
    assert heard + lost == pytest.approx(200, abs=20), "ARP and the like are among them"
