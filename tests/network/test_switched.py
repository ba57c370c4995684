"""A switch with real TAP devices in namespaces, and with sockets that stand in for guests."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import IPv4Interface
from pathlib import Path

import pytest
from pyroute2 import IPRoute
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.utils import PcapNgReader

from harness.capture.files.reader import frames
from harness.errors import HarnessBug, LabError
from harness.network.hearing import Match, halves, isolate, one_way
from harness.network.impairment import Impairment
from harness.network.ports import Access, Trunk
from harness.network.protocol import Attachment, UdpAttachment
from harness.network.station import Station
from harness.network.switched import SwitchNetwork
from harness.network.wiring import Card, make_cards
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import wait_until
from harness.units import milliseconds, seconds

GUEST_MAC = "52:54:00:00:00:99"

pytestmark = pytest.mark.kernel

VLAN, OTHER = 10, 20
RECEIVE_BUFFER_FORCED = 33
TRUNK = Trunk(frozenset({VLAN, OTHER}))


class Host:
    """A namespace with one card, ``eth0``, of the address 10.0.VLAN.NUMBER."""

    def __init__(self, network: SwitchNetwork, number: int, mode: Access | Trunk) -> None:
        self.name = f"host{number}"
        self.number = number
        self.place = NetworkNamespace.create()
        addresses = {vlan: [IPv4Interface(f"10.0.{vlan}.{number}/24")] for vlan in (VLAN, OTHER)}
        card = Card("eth0", f"52:54:00:00:00:{number:02x}", mode, addresses)
        (self.link,) = network.plug(make_cards(self.place, {self.name: card}))

    def address(self, vlan: int = VLAN) -> str:
        return f"10.0.{vlan}.{self.number}"

    def udp(self, vlan: int = VLAN) -> socket.socket:
        made = self.place.run(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        made.bind((self.address(vlan), 9))
        made.setsockopt(socket.SOL_SOCKET, RECEIVE_BUFFER_FORCED, 16 << 20)
        made.setblocking(False)
        return made


class Guest:
    """What a guest's card is to the switch: a UDP socket at the ports that libvirt would be told."""

    def __init__(self, place: NetworkNamespace, at: Attachment) -> None:
        assert isinstance(at, UdpAttachment)
        self.socket = place.run(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.socket.bind((str(at.host), at.local_port))
        self.socket.connect((str(at.host), at.port))
        self.socket.setblocking(False)

    def send(self, frame: Ether | bytes) -> None:
        self.socket.send(bytes(frame))

    def hear(self) -> list[Ether]:
        heard = []
        try:
            while True:
                heard.append(Ether(self.socket.recv(1 << 16)))
        except BlockingIOError:
            return heard


@pytest.fixture
def home() -> Iterator[NetworkNamespace]:
    with NetworkNamespace.create() as made:
        yield made


@pytest.fixture
def network(tmp_path: Path, home: NetworkNamespace) -> Iterator[SwitchNetwork]:
    made = SwitchNetwork(tmp_path, home, seed=36)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def host(network: SwitchNetwork) -> Iterator[Callable[[int, Access | Trunk], Host]]:
    made: list[Host] = []

    def make(number: int, mode: Access | Trunk) -> Host:
        made.append(Host(network, number, mode))
        return made[-1]

    yield make
    for one in made:
        one.place.close()


@pytest.fixture
def pair(host: Callable[[int, Access | Trunk], Host]) -> tuple[Host, Host]:
    return host(1, Access(VLAN)), host(2, Access(VLAN))


@pytest.fixture
def guest(network: SwitchNetwork, home: NetworkNamespace) -> Iterator[Callable[[str, Access | Trunk], Guest]]:
    made: list[Guest] = []

    def make(name: str, mode: Access | Trunk) -> Guest:
        made.append(Guest(home, network.attach(name, Card("eth0", GUEST_MAC, mode))))
        return made[-1]

    yield make
    for one in made:
        one.socket.close()


def send_all(client: socket.socket, size: int) -> None:
    with client:
        client.sendall(bytes(size))


def transfer(sender: Host, receiver: Host, size: int, vlan: int = VLAN) -> int:
    listener = receiver.place.run(lambda: socket.create_server((receiver.address(vlan), 80)))
    with listener:
        client = sender.place.run(lambda: socket.create_connection((receiver.address(vlan), 80), timeout=10))
        connection, _ = listener.accept()
        thread = threading.Thread(target=send_all, args=(client, size))
        thread.start()
        received = 0
        with connection:
            connection.settimeout(10)
            while part := connection.recv(1 << 20):
                received += len(part)
        thread.join()
    return received


def heard(receiver: socket.socket) -> int:
    count = 0
    try:
        while True:
            receiver.recv(100)
            count += 1
    except BlockingIOError:
        return count


def exchange(sender: Host, receiver: Host, number: int = 20) -> int:
    """Send datagrams, and return how many arrived until the switch has handled all."""
    with sender.udp() as speaks, receiver.udp() as hears:
        speaks.sendto(b"first", (receiver.address(), 9))  # which ARP may have to wait for
        wait_until("the first", lambda: heard(hears), within=5 * seconds, interval=2 * milliseconds)
        for _ in range(number):
            speaks.sendto(b"word", (receiver.address(), 9))
        sender.link.counters()
        return heard(hears)


def test_tcp_passes_in_large_frames(pair: tuple[Host, Host], network: SwitchNetwork) -> None:
    assert transfer(*pair, size=8 << 20) == 8 << 20
    counted = network.counters()["host1"]
    assert counted.received_bytes / counted.received > 5_000
    assert not counted.dropped


def test_a_host_on_another_vlan_hears_nothing(
    host: Callable[[int, Access | Trunk], Host], pair: tuple[Host, Host]
) -> None:
    other = host(3, Access(OTHER))
    exchange(*pair)
    assert other.link.counters().sent == 0


def test_a_trunk_is_an_interface_for_each_vlan(
    host: Callable[[int, Access | Trunk], Host], network: SwitchNetwork
) -> None:
    first, second, router = host(1, Access(VLAN)), host(2, Access(OTHER)), host(3, TRUNK)
    assert transfer(first, router, 1 << 20) == 1 << 20
    assert transfer(second, router, 1 << 20, vlan=OTHER) == 1 << 20
    network.flush()
    with PcapNgReader(str(network.capture)) as captured:
        vlans = {packet[Dot1Q].vlan for packet in captured if Dot1Q in packet}
    assert vlans == {VLAN, OTHER}, "on the cable it is a trunk"


def test_a_guest_gets_whole_frames_with_checksums(
    guest: Callable[[str, Access | Trunk], Guest], host: Callable[[int, Access | Trunk], Host]
) -> None:
    """A guest answers the handshake by hand, then takes what the kernel of the other side meant for one large frame."""
    one, mine = guest("guest", TRUNK), host(1, Access(VLAN))
    mac, address = "52:54:00:00:01:01", f"10.0.{VLAN}.99"
    link = Ether(src=mac, dst="52:54:00:00:00:01") / Dot1Q(vlan=VLAN)
    one.send(link / ARP(op=2, hwsrc=mac, psrc=address, pdst=mine.address()))
    with mine.place.run(lambda: socket.create_server((mine.address(), 80))) as listener:
        segment = IP(src=address, dst=mine.address()) / TCP(
            sport=1024, dport=80, seq=1, flags="S", window=65_535, options=[("MSS", 1000), ("WScale", 3)]
        )
        one.send(link / segment)
        listener.settimeout(5)
        packets: list[Ether] = []

        def seen(what: Callable[[Ether], bool]) -> Ether | None:
            packets.extend(one.hear())
            for packet in packets:
                if ARP in packet and packet[ARP].op == 1:
                    one.send(link / ARP(op=2, hwsrc=mac, psrc=address, pdst=mine.address(), hwdst="52:54:00:00:00:01"))
            return next((packet for packet in packets if what(packet)), None)

        answer = wait_until("SYN, ACK", lambda: seen(lambda p: TCP in p and p[TCP].flags == "SA"), within=5 * seconds)
        assert answer[Dot1Q].vlan == VLAN
        packets.clear()
        one.send(
            link
            / IP(src=address, dst=mine.address())
            / TCP(sport=1024, dport=80, seq=2, ack=answer[TCP].seq + 1, flags="A", window=65_535)
        )
        connection, _ = listener.accept()
        with connection:
            connection.sendall(bytes(5_000))
            wait_until("the last byte", lambda: seen(lambda p: TCP in p and "P" in p[TCP].flags), within=5 * seconds)
    data = [packet for packet in packets if TCP in packet and len(packet[TCP].payload)]
    assert sum(len(p[TCP].payload) for p in data) == 5_000
    for packet in data:
        assert len(packet[TCP].payload) <= 1_000
        again = packet.copy()
        del again[TCP].chksum
        assert bytes(again) == bytes(packet)


@pytest.mark.parametrize("frame", [b"", b"\0", bytes(13), bytes(14), b"\xff" * 9_100, b"\xff" * 60_000])
def test_runts_and_giants_do_no_harm(
    guest: Callable[[str, Access | Trunk], Guest], pair: tuple[Host, Host], frame: bytes
) -> None:
    one = guest("guest", Access(VLAN))
    one.send(frame)
    assert exchange(*pair) == 20


def test_a_guest_that_is_off_is_no_trouble(network: SwitchNetwork, pair: tuple[Host, Host]) -> None:
    network.attach("off", Card("eth0", GUEST_MAC, Access(VLAN)))
    assert exchange(*pair) == 20


def test_the_capture_has_an_interface_for_each_link_and_one_clock(
    network: SwitchNetwork, pair: tuple[Host, Host]
) -> None:
    exchange(*pair, number=500)
    network.flush()
    captured = list(frames(network.capture))
    counters = network.counters()
    assert {frame.link for frame in captured} == {"host1", "host2"}
    assert len(captured) == sum(one.received + one.sent for one in counters.values())
    times = [frame.time for frame in captured]
    assert times == sorted(times)


def test_a_cut_link_carries_nothing_and_counts_it(pair: tuple[Host, Host]) -> None:
    exchange(*pair)
    sender, receiver = pair
    assert receiver.link.cut(directions=["down"])
    assert (receiver.link.is_cut("up"), receiver.link.is_cut("down")) == (False, True)
    with sender.udp() as speaks, receiver.udp() as hears:
        for _ in range(10):
            speaks.sendto(b"word", (receiver.address(), 9))
        assert receiver.link.counters().down["cut"] >= 10
        assert heard(hears) == 0
    receiver.link.restore()
    assert exchange(*pair) == 20


def carrier(host: Host) -> bool:
    return host.place.run(_carrier)


def _carrier() -> bool:
    with IPRoute() as netlink:
        return bool(netlink.get_links(ifname="eth0")[0].get("carrier"))


def test_a_machine_sees_its_carrier_go_and_come(pair: tuple[Host, Host]) -> None:
    one = pair[0]
    assert one.link.cut()
    assert not carrier(one)
    one.link.restore()
    assert carrier(one)
    one.link.cut(carrier=False)
    assert carrier(one)


def test_an_impairment_is_read_back_for_each_direction(pair: tuple[Host, Host]) -> None:
    link = pair[0].link
    wanted = Impairment(delay=20 * milliseconds, jitter=timedelta(0), loss=0.0, corrupt=0.25, rate=10_000_000)
    link.impair(wanted, directions=["up"])
    assert link.impairment("up") == wanted
    assert link.impairment("down") == Impairment()
    link.impair(Impairment(loss=0.1))
    assert link.impairment("up") == link.impairment("down") == Impairment(loss=0.1), "replaced whole"


def test_every_change_has_its_time_on_the_capture_s_clock(network: SwitchNetwork, pair: tuple[Host, Host]) -> None:
    exchange(*pair)
    pair[0].link.impair(Impairment(loss=0.0))
    pair[0].link.cut(carrier=False)
    pair[0].link.restore()
    network.deafen(one_way(["host2"], ["host1"])).heal()
    assert [change.command for change in network.process.changes] == ["impair", "cut", "cut", "deafen", "hear"]
    network.flush()
    times = [change.time_ns for change in network.process.changes]
    assert times == sorted(times)
    assert max(frame.time for frame in frames(network.capture)) - times[0] < 1e9


def test_loss_is_counted_and_repeats_with_the_seed(pair: tuple[Host, Host]) -> None:
    exchange(*pair)
    sender, receiver = pair
    receiver.link.impair(Impairment(loss=0.5), directions=["down"])
    with sender.udp() as speaks, receiver.udp() as hears:
        for _ in range(1000):
            speaks.sendto(b"word", (receiver.address(), 9))
        lost = receiver.link.counters().down["loss"]
        assert heard(hears) == 1000 - lost
    assert 400 < lost < 600


def test_tcp_passes_an_impaired_link_in_segments(pair: tuple[Host, Host]) -> None:
    pair[1].link.impair(Impairment(delay=1 * milliseconds, duplicate=0.01, reorder=0.01, corrupt=0.01, loss=0.01))
    assert transfer(*pair, size=1 << 20) == 1 << 20


def test_the_deaf_don_t_hear_and_the_rule_counts(network: SwitchNetwork, pair: tuple[Host, Host]) -> None:
    exchange(*pair)
    sender, receiver = pair
    rule = network.deafen(one_way(["host2"], ["host1"]))
    with rule, sender.udp() as speaks, receiver.udp() as hears:
        for _ in range(10):
            speaks.sendto(b"word", (receiver.address(), 9))
        assert rule.dropped() >= 10
        assert heard(hears) == 0
    assert rule.dropped() >= 10
    assert exchange(*pair) == 20


def test_a_rule_by_port_leaves_the_rest_alone(network: SwitchNetwork, pair: tuple[Host, Host]) -> None:
    with network.deafen(halves(["host1"], ["host2"]), only=Match("tcp", 2380)) as rule:
        assert exchange(*pair) == 20
        assert transfer(*pair, size=1000) == 1000
        assert rule.dropped() == 0


def test_a_switch_that_dies_says_so_at_once(tmp_path: Path, home: NetworkNamespace) -> None:
    told: list[LabError] = []
    network = SwitchNetwork(tmp_path, home, on_death=told.append)
    network.start()
    assert network.process.pid is not None
    with (tmp_path / "switch.log").open("a") as log:
        log.write("last words\n")
    os.kill(network.process.pid, signal.SIGKILL)
    wait_until("to be told", lambda: told, within=5 * seconds)
    assert "ended with status -9" in str(told[0])
    assert "last words" in str(told[0])
    with pytest.raises(LabError, match="the switch did not flush"):
        network.flush()
    with pytest.raises(LabError, match="did not stop"):
        network.stop()
    network.stop()


def test_a_name_that_is_taken_is_an_error(network: SwitchNetwork) -> None:
    network.attach("guest", Card("eth0", GUEST_MAC, Access(VLAN)))
    with pytest.raises(ValueError, match="plugged into the link guest already"):
        network.attach("guest", Card("eth0", GUEST_MAC, Access(VLAN)))


def test_what_the_switch_does_not_know_is_refused_and_does_not_end_it(network: SwitchNetwork) -> None:
    for command in ({"command": "dance"}, {"command": "impair", "number": 99}, {"command": "cut", "nonsense": 1}):
        with pytest.raises(HarnessBug, match="the switch refused"):
            network.process.tell(**command)
    network.flush()


def test_before_it_is_started_a_network_says_so(tmp_path: Path, home: NetworkNamespace) -> None:
    network = SwitchNetwork(tmp_path, home)
    with pytest.raises(LabError, match="while it was not running"):
        network.flush()
    network.stop()


def test_a_host_that_goes_is_no_trouble(host: Callable[[int, Access | Trunk], Host], pair: tuple[Host, Host]) -> None:
    going = host(3, Access(VLAN))
    going.place.close()
    assert exchange(*pair) == 20


def test_a_link_outlasts_what_is_plugged_in(network: SwitchNetwork, pair: tuple[Host, Host]) -> None:
    exchange(*pair)
    link = network.links["host1"]
    with network.deafen(isolate(["host1"], ["host1", "host2"])) as rule:
        counted = network.unplug(["host1"])
        assert counted["host1"].received >= 21
        link.impair(Impairment(loss=0.25))
        link.cut()
        with NetworkNamespace.create() as place:
            network.wire(place, {"host1": Card("eth0", GUEST_MAC, Access(VLAN))})
            assert network.links["host1"] is link
            assert link.impairment("up") == Impairment(loss=0.25)
            assert not place.run(_carrier), "the cable was pulled before the card came"
            link.restore()
            assert place.run(_carrier)
            link.impair(Impairment())
            with Station(place, "eth0") as station:
                station.send(b"\xff" * 6 + bytes.fromhex(GUEST_MAC.replace(":", "")) + bytes(60))
            assert link.counters().received > counted["host1"].received
            assert rule.dropped() >= 1
    network.unplug(["host1"])
    with pytest.raises(KeyError):
        network.unplug(["host1"])


def test_a_guest_s_port_is_given_to_nobody_else_before_the_guest_binds_it(tmp_path: Path) -> None:
    usual = Path("/proc/sys/net/ipv4/ip_local_port_range")
    with NetworkNamespace.create() as home:
        home.run(lambda: usual.write_text("40000 40003"))
        network = SwitchNetwork(tmp_path, home)
        network.start()
        attached = [network.attach(f"node{number}/eth0", Card("eth0", GUEST_MAC, Access(VLAN))) for number in range(4)]
        ports = [one.local_port for one in attached if isinstance(one, UdpAttachment)]
        assert len(set(ports)) == 4
        assert not {40000, 40001, 40002, 40003} & set(ports)
        network.unplug(["node0/eth0"])
        again = network.attach("node0/eth0", Card("eth0", GUEST_MAC, Access(VLAN)))
        assert isinstance(again, UdpAttachment)
        assert again.local_port == ports[0]
        network.stop()
