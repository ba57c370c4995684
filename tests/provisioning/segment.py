"""A segment for tests: two network namespaces joined by a cable, as the boot server and a machine have it."""

from __future__ import annotations

import contextlib
import http.client
from ipaddress import IPv4Address

from harness.network.station import Station
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import wait_until
from harness.units import milliseconds, seconds
from tests.provisioning import dhcp

SERVER = IPv4Address("192.168.100.1")
CLIENT = IPv4Address("192.168.100.200")
ANSWER = 3.0
FRAME = b"\xff" * 6 + b"\x02" + bytes(5) + b"\x88\xb5" + bytes(46)
"""Of an EtherType for local experiments (IEEE 802, clause 9.2.3)."""


class Segment:
    """Two namespaces joined by a veth pair: the boot server's, with its address on pxe0, and a client's."""

    def __init__(self) -> None:
        self.server = NetworkNamespace.create()
        self.client = NetworkNamespace.create()
        self.server.run(self._make_cable)
        self.client.run(lambda: self._address("eth0", str(CLIENT)))
        self._wait_for_carrier()

    def close(self) -> None:
        self.server.close()
        self.client.close()

    def _make_cable(self) -> None:
        from pyroute2 import IPRoute  # noqa: PLC0415 - only tests that may make namespaces load it

        with IPRoute() as netlink:
            netlink.link("add", ifname="pxe0", kind="veth", peer={"ifname": "eth0", "net_ns_fd": self.client.fileno()})
        self._address("pxe0", str(SERVER))

    def _address(self, name: str, address: str) -> None:
        from pyroute2 import IPRoute  # noqa: PLC0415 - as above

        with IPRoute() as netlink:
            index = netlink.link_lookup(ifname=name)[0]
            netlink.addr("add", index=index, address=address, prefixlen=24)
            netlink.link("set", index=index, state="up")

    def _wait_for_carrier(self) -> None:
        """Wait until the server is heard: what it sends is lost until its kernel has noticed the carrier."""
        with Station(self.server, "pxe0") as server, Station(self.client, "eth0") as client:

            def heard() -> bool:
                server.send(FRAME)
                return any(one.frame == FRAME for one in client.hear())

            wait_until("the cable to carry frames", heard, within=10 * seconds, interval=1 * milliseconds)

    def ask(self, mac: str, options: dict[int, bytes], *, patience: float = ANSWER, kind: int = 1) -> dhcp.Reply | None:
        return self.client.run(lambda: dhcp.ask("eth0", mac, options, kind=kind, patience=patience))

    def fetch(self, path: str) -> tuple[int, bytes]:
        def fetch() -> tuple[int, bytes]:
            connection = http.client.HTTPConnection(str(SERVER), timeout=5)
            connection.request("GET", f"/{path}")
            with contextlib.closing(connection), connection.getresponse() as answer:
                return answer.status, answer.read()

        return self.client.run(fetch)

    def get(self, path: str) -> bytes:
        status, content = self.fetch(path)
        assert status == http.client.OK
        return content
