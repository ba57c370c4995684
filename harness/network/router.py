"""A router: a network namespace that forwards between VLANs, as the routing part of a switch does."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Self

from harness.network.bridge.nftables import Nftables
from harness.sandbox.netns import NetworkNamespace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.network.protocol import Network
    from harness.network.routing import Route, RouterPlan
    from harness.topology.gateways import Gateway

FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
REDIRECTS = Path("/proc/sys/net/ipv4/conf/all/send_redirects")


class Router:
    """Forwards IPv4 between the VLANs of its plan; with a `policy` only what that lets through (nft(8)).

    Use it as a context manager: it is plugged in on entering, and unplugged on leaving.
    """

    def __init__(self, plan: RouterPlan, network: Network, policy: str = "") -> None:
        self.plan = plan
        self._network = network
        self._policy = policy
        self._undo = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Plug the router in. Raises `HostError` where interfaces, or its policy, can't be made here."""
        try:
            place = self._undo.enter_context(NetworkNamespace.create())
            if self._policy:
                Nftables(place).run(self._policy)
            self._network.wire(place, self.plan.cards)
            self._undo.callback(self._network.unplug, list(self.plan.cards))
            place.run(self._forward)
        except BaseException:
            self._undo.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def _forward(self) -> None:
        REDIRECTS.write_text("0")
        FORWARDING.write_text("1")
        add_routes(self.plan.routes)


def add_routes(routes: Sequence[Route]) -> None:
    """Add routes in the calling thread's namespace."""
    from pyroute2 import IPRoute  # noqa: PLC0415 - netlink is loaded when the first route is added

    if routes:
        with IPRoute() as netlink:
            for route in routes:
                netlink.route("add", dst=str(route.to), gateway=str(route.via))


def use_gateways(gateways: Sequence[Gateway]) -> None:
    """Give the calling thread's namespace a machine's default route, and a table for each other gateway."""
    from pyroute2 import IPRoute  # noqa: PLC0415 - as above

    if not gateways:
        return
    with IPRoute() as netlink:
        interfaces = {address.get_attr("IFA_ADDRESS"): address["index"] for address in netlink.get_addr()}
        for way in gateways:
            if way.table is None:
                netlink.route("add", dst="default", gateway=str(way.via))
                continue
            own = {"table": way.table, "oif": interfaces[str(way.address)]}
            netlink.route("add", dst=str(way.subnet), scope="link", **own)
            netlink.route("add", dst="default", gateway=str(way.via), **own)
            netlink.rule("add", src=str(way.address), src_len=32, table=way.table)
