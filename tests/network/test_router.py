"""Machines in two VLANs with a router between them, on a real switch."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path

import pytest
from pyroute2 import NetlinkError

from harness.network.ports import Access
from harness.network.router import Router, add_routes, use_gateways
from harness.network.routing import Route, RouterPlan
from harness.network.switched import SwitchNetwork
from harness.network.tap import host_mac
from harness.network.wiring import Card
from harness.sandbox.netns import NetworkNamespace
from harness.topology.gateways import FIRST_TABLE, Gateway

pytestmark = pytest.mark.kernel

PORT = 7
ONLY_PORT_7 = """
table ip routing {
  chain forward {
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    ip saddr 10.0.1.0/24 ip daddr 10.0.2.0/24 tcp dport 7 accept
  }
}
"""


def card(name: str, vlan: int, address: str) -> Card:
    interface = IPv4Interface(address)
    return Card(name, host_mac(interface.ip), Access(vlan), {vlan: [interface]})


PLAN = RouterPlan(
    "core", {"core/one": card("vlan1", 1, "10.0.1.1/24"), "core/two": card("vlan2", 2, "10.0.2.1/24")}, {}, ()
)


@dataclass
class Floor:
    network: SwitchNetwork
    client: NetworkNamespace
    server: NetworkNamespace

    def ask(self, port: int = PORT, within: float = 20) -> bytes:
        """Have the server accept a connection of the client, and send a word through it."""
        listener = self.server.run(lambda: socket.create_server(("10.0.2.2", port)))

        def connect() -> socket.socket:
            return socket.create_connection(("10.0.2.2", port), timeout=within)

        with listener, self.client.run(connect) as asking:
            answering, _ = listener.accept()
            with answering:
                answering.sendall(b"hello")
                return asking.recv(9)


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    with NetworkNamespace.create() as home, NetworkNamespace.create() as one, NetworkNamespace.create() as two:
        network = SwitchNetwork(tmp_path, home)
        network.start()
        network.wire(one, {"one/eth0": card("eth0", 1, "10.0.1.2/24")})
        network.wire(two, {"two/eth0": card("eth0", 2, "10.0.2.2/24")})
        way = IPv4Address("10.0.1.1"), IPv4Network("10.0.1.0/24"), IPv4Address("10.0.1.2")
        back = IPv4Address("10.0.2.1"), IPv4Network("10.0.2.0/24"), IPv4Address("10.0.2.2")
        one.run(lambda: use_gateways([Gateway(*way, table=None)]))
        two.run(lambda: use_gateways([Gateway(*back, table=FIRST_TABLE)]))
        yield Floor(network, one, two)
        network.stop()


def test_it_passes_on_what_one_vlan_sends_to_another_and_answers_find_back_by_their_table(floor: Floor) -> None:
    with Router(PLAN, floor.network):
        assert floor.ask() == b"hello"


def test_without_it_nothing_passes(floor: Floor) -> None:
    with Router(PLAN, floor.network):
        pass
    with pytest.raises(OSError, match=r"No route to host|timed out"):
        floor.ask(within=1)


def test_its_policy_lets_through_a_flow_and_its_answers_and_nothing_else(floor: Floor) -> None:
    with Router(PLAN, floor.network, ONLY_PORT_7):
        assert floor.ask() == b"hello"
        with pytest.raises(TimeoutError):
            floor.ask(PORT + 1, within=1)


def test_what_can_not_be_plugged_in_leaves_nothing(floor: Floor) -> None:
    taken = RouterPlan("core", {"one/eth0": card("vlan1", 1, "10.0.1.1/24")}, {}, ())
    with pytest.raises(ValueError, match="one/eth0"), Router(taken, floor.network):
        pass
    with Router(PLAN, floor.network):
        assert floor.ask() == b"hello"


def test_a_namespace_is_given_routes(floor: Floor) -> None:
    beyond = Route(IPv4Network("10.0.9.0/24"), IPv4Address("10.0.2.1"))
    floor.server.run(lambda: add_routes([beyond]))
    with pytest.raises(NetlinkError, match="File exists"):
        floor.server.run(lambda: add_routes([beyond]))
