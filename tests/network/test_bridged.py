"""The bridge kind on this host's own kernel: what it can do there, and what it says of the rest."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from ipaddress import IPv4Interface
from pathlib import Path

import pytest

from harness.capture.files.reader import frames
from harness.errors import HostError, LabError
from harness.network.bridge.cable import Cable
from harness.network.bridge.features import probe
from harness.network.bridge.nftables import Nftables
from harness.network.bridged import BridgeNetwork
from harness.network.conformance import TestControl as Control
from harness.network.conformance import TestVlans as Vlans
from harness.network.conformance import Wired, floor
from harness.network.hearing import Match, halves
from harness.network.ports import Access, Trunk
from harness.network.protocol import Network
from harness.network.tap import open_offloading
from harness.network.wiring import Card
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import wait_until
from harness.units import seconds

__all__ = ["floor"]

pytestmark = pytest.mark.kernel


@contextmanager
def bridge(folder: Path) -> Iterator[BridgeNetwork]:
    with NetworkNamespace.create() as home:
        network = BridgeNetwork(folder, home, seed=36)
        network.start()
        try:
            yield network
        finally:
            network.stop()


@pytest.fixture
def make_network(tmp_path: Path) -> Callable[[], AbstractContextManager[Wired]]:
    return lambda: bridge(tmp_path)


class TestOnAnyKernel:
    """The part of the conformance suite that needs neither trunks nor netem."""

    test_flooding = Vlans.test_a_frame_is_heard_in_its_vlan_and_nowhere_else
    test_forged_tags = Vlans.test_a_forged_tag_leads_nowhere
    test_priority_tags = Vlans.test_a_priority_tag_is_of_the_port_s_own_vlan
    test_learning = Vlans.test_a_station_is_learnt_and_found_after_it_moved
    test_reserved_groups = Vlans.test_reserved_groups_are_not_forwarded
    test_cut_in_one_direction = Control.test_a_cut_has_a_direction
    test_cut_and_restored = Control.test_a_cut_link_is_restored
    test_isolated = Control.test_who_is_isolated_is_heard_by_nobody_until_it_is_healed
    test_part_of_the_traffic = Control.test_a_rule_may_be_about_a_part_of_the_traffic


def card(number: int, vlan: int = 10) -> Card:
    address = IPv4Interface(f"10.0.{vlan}.{number}/24")
    return Card("eth0", f"52:54:00:00:01:{number:02x}", Access(vlan), {vlan: [address]})


@pytest.fixture
def home() -> Iterator[NetworkNamespace]:
    with NetworkNamespace.create() as made:
        yield made


@pytest.fixture
def network(tmp_path: Path, home: NetworkNamespace) -> Iterator[BridgeNetwork]:
    made = BridgeNetwork(tmp_path, home, seed=36)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def machines() -> Iterator[list[NetworkNamespace]]:
    made = [NetworkNamespace.create() for _ in range(2)]
    yield made
    for one in made:
        one.close()


@pytest.fixture
def pair(network: BridgeNetwork, machines: list[NetworkNamespace]) -> list[Cable]:
    return [network.wire(place, {f"node{n}": card(n)})[0] for n, place in enumerate(machines, 1)]


def transfer(machines: list[NetworkNamespace], size: int) -> int:
    """Send so many bytes over TCP from the first to the second, and return how many came."""
    sender, receiver = machines
    with receiver.run(lambda: socket.create_server(("10.0.10.2", 80))) as server:
        client = sender.run(lambda: socket.create_connection(("10.0.10.2", 80), timeout=10))
        connection, _ = server.accept()

        def send() -> None:
            with client:
                client.sendall(bytes(size))

        thread = threading.Thread(target=send)
        thread.start()
        received = 0
        with connection:
            connection.settimeout(10)
            while part := connection.recv(1 << 20):
                received += len(part)
        thread.join()
    return received


def left(home: NetworkNamespace) -> tuple[set[str], list[object]]:
    """Return what is in a namespace: its devices, and its tables."""
    devices = home.run(lambda: {name for _, name in socket.if_nameindex()}) - {"lo"}
    return devices, [one for one in Nftables(home).read("list tables") if "table" in one]


def test_it_is_a_network(network: BridgeNetwork) -> None:
    promised: Network = network
    assert promised.links == {}


def test_tcp_passes_whole_and_is_counted_and_captured(
    network: BridgeNetwork, machines: list[NetworkNamespace], pair: list[Cable]
) -> None:
    assert transfer(machines, 8 << 20) == 8 << 20
    counted = network.counters()
    assert counted["node1"].received_bytes > 8 << 20
    assert counted["node2"].sent_bytes == counted["node1"].received_bytes
    assert counted["node1"].received_bytes / counted["node1"].received > 5_000, "in large frames"
    assert network.missing_from_capture() == 0
    captured = list(frames(network.captures[0]))
    for link in pair:
        own = [frame for frame in captured if frame.link == link.name]
        counts = link.counters()
        assert len(own) == counts.received + counts.sent
        assert sum(frame.length for frame in own) == counts.received_bytes + counts.sent_bytes
        assert sum(frame.direction == "in" for frame in own) == counts.received
    assert max(len(frame.data) for frame in captured) < 9_022, "the head of what no cable carries"


def test_nothing_is_left_of_it(
    network: BridgeNetwork, home: NetworkNamespace, machines: list[NetworkNamespace], pair: list[Cable]
) -> None:
    network.attach("guest", card(3))
    network.deafen(halves(["node1"], ["node2"]))
    pair[0].cut()
    assert len(left(home)[0]) == 4
    network.stop()
    network.stop()
    assert left(home) == (set(), [])
    assert machines[0].run(lambda: [name for _, name in socket.if_nameindex()]) == ["lo"]


def test_two_networks_in_one_namespace_don_t_meet(home: NetworkNamespace, tmp_path: Path, pair: list[Cable]) -> None:
    other = BridgeNetwork(tmp_path / "other", home)
    other.start()
    with NetworkNamespace.create() as place:
        other.wire(place, {"node1": card(9)})
        other.links["node1"].cut()
        assert not pair[0].is_cut("up")
        other.stop()
    assert len(left(home)[0]) == 3


@pytest.mark.usefixtures("pair")
def test_a_guest_s_card_is_a_tap_device_that_a_hypervisor_opens(
    network: BridgeNetwork, home: NetworkNamespace, machines: list[NetworkNamespace]
) -> None:
    at = network.attach("guest", card(3))
    descriptor = home.run(lambda: open_offloading(at.device, persistent=False))
    try:
        network.links["guest"].restore()
        frame = b"\xff" * 6 + bytes.fromhex("525400000103") + b"\x88\xb5" + b"from the guest".ljust(46)
        heard = machines[0].run(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88B5)))
        with heard:
            heard.setblocking(False)
            os.write(descriptor, bytes(10) + frame)
            wait_until("the guest's frame", lambda: select_one(heard) == frame, within=5 * seconds)
        assert network.counters()["guest"].received == 1
    finally:
        os.close(descriptor)


def select_one(heard: socket.socket) -> bytes | None:
    try:
        return heard.recv(2_000)
    except BlockingIOError:
        return None


def test_bridged_frames_are_not_put_through_the_filters_of_ip(home: NetworkNamespace, pair: list[Cable]) -> None:
    assert pair
    settings = home.run(lambda: [path.read_text() for path in Path("/proc/sys/net/bridge").glob("bridge-nf-call-*")])
    assert set(settings) <= {"0\n"}, "a kernel without br_netfilter has no such settings"


def test_a_machine_that_goes_leaves_its_last_counters(
    network: BridgeNetwork, machines: list[NetworkNamespace], pair: list[Cable]
) -> None:
    transfer(machines, 1000)
    before = pair[0].counters()
    machines[0].close()
    control, plugged = network._control, pair[0].plugged
    assert plugged is not None
    wait_until("its card to go", lambda: not control.has(plugged.port), within=5 * seconds)
    assert network.unplug(["node1"])["node1"] == before


@pytest.mark.usefixtures("pair")
def test_a_name_that_is_taken_or_unknown_is_refused(network: BridgeNetwork, machines: list[NetworkNamespace]) -> None:
    with pytest.raises(ValueError, match="plugged into the link node1 already"):
        network.wire(machines[0], {"new": replace(card(5), name="eth5"), "node1": replace(card(6), name="eth6")})
    with pytest.raises(ValueError, match="plugged into the link node1 already"):
        network.attach("node1", card(5))
    with pytest.raises(ValueError, match="joins core with itself"):
        network.connect("loop", "core", "core", vlans=[10])
    with pytest.raises(KeyError, match="nobody"):
        network.deafen(halves(["node1"], ["nobody"]), only=Match("tcp", 2380))
    assert set(network.links) == {"node1", "node2"}


def test_before_it_is_started_a_network_says_so(tmp_path: Path, home: NetworkNamespace) -> None:
    network = BridgeNetwork(tmp_path, home)
    with pytest.raises(LabError, match="while it was not running"):
        network.flush()
    network.stop()


def test_what_the_kernel_lacks_is_named_with_what_would_carry_it(
    network: BridgeNetwork, machines: list[NetworkNamespace]
) -> None:
    trunk = replace(card(1), mode=Trunk(frozenset({10, 20})))
    if probe().vlan_filtering:  # then trunks and cables are tested by the conformance suite
        network.wire(machines[0], {"node1": trunk})
        return
    with pytest.raises(HostError, match=r"lacks VLAN filtering for bridges.*--lab-network=switch"):
        network.wire(machines[0], {"node1": trunk})
    with pytest.raises(HostError, match=r"lacks VLAN filtering for bridges.*--lab-network=switch"):
        network.connect("core--tor1", "core", "tor1", vlans=[10])


def test_a_recorder_that_dies_says_so_at_once(tmp_path: Path, home: NetworkNamespace) -> None:
    died = threading.Event()
    deaths: list[LabError] = []

    def note(error: LabError) -> None:
        deaths.append(error)
        died.set()

    network = BridgeNetwork(tmp_path, home, on_death=note)
    network.start()
    assert network._recorder.pid is not None
    os.kill(network._recorder.pid, signal.SIGKILL)
    assert died.wait(10)
    assert "the recorder of the bridges ended" in str(deaths[0])
    with pytest.raises(LabError, match="did not stop"):
        network.stop()
    assert left(home) == (set(), [])


def test_a_rule_that_outlives_its_network_can_t_be_healed_and_says_so(tmp_path: Path) -> None:
    with NetworkNamespace.create() as home:
        network = BridgeNetwork(tmp_path, home, seed=36)
        network.start()
        network.lay(["a/eth0", "b/eth0"])
        cut = network.deafen({"a/eth0": frozenset({"b/eth0"})})
        network.stop()
        with pytest.raises(LabError, match="the packet filter of the bridges refused"):
            cut.heal()
