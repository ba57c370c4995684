"""The paths that are compared: two namespaces with a cable between them, made by us, by vde, and by the kernel."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Interface
from typing import TYPE_CHECKING, Any

from pyroute2 import IPRoute

from harness.network.ports import Access
from harness.network.switched import SwitchNetwork
from harness.network.wiring import Card
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import wait_until
from harness.units import milliseconds, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

HERE, THERE = IPv4Interface("10.0.10.1/24"), IPv4Interface("10.0.10.2/24")
CARD = "eth0"
SOON = 5 * seconds
QUIET: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


@dataclass(frozen=True)
class Line:
    """Two namespaces that reach each other: `one` has the address `HERE`, `two` has `THERE`."""

    name: str
    one: NetworkNamespace
    two: NetworkNamespace

    def ends(self) -> tuple[tuple[NetworkNamespace, IPv4Interface], ...]:
        """Return both namespaces with their addresses."""
        return (self.one, HERE), (self.two, THERE)


MakesLine = Callable[["Path"], "AbstractContextManager[Line]"]


@contextmanager
def switch(folder: Path) -> Iterator[Line]:
    """Two namespace machines on the harness's switch, which captures."""
    with _line("switch") as line, NetworkNamespace.create() as home:
        network = SwitchNetwork(folder, home)
        network.start()
        try:
            for number, (place, address) in enumerate(line.ends(), 1):
                card = Card(CARD, f"52:54:00:00:00:{number:02x}", Access(10), {10: [address]})
                network.wire(place, {f"machine{number}": card})
            yield line
        finally:
            network.stop()


@contextmanager
def vde(folder: Path) -> Iterator[Line]:
    """Two TAP devices on a ``vde_switch``, as the NixOS test driver has them."""
    control = str(folder / "vde.ctl")
    running: list[subprocess.Popen[bytes]] = []
    with _line("vde_switch") as line:
        try:
            # It ends with its standard input, which is its console.
            running.append(subprocess.Popen(["vde_switch", "-s", control], stdin=subprocess.PIPE, **QUIET))
            wait_until("vde_switch", (folder / "vde.ctl/ctl").exists, within=SOON, interval=5 * milliseconds)
            for place, address in line.ends():
                running.append(place.popen(["vde_plug2tap", "-s", control, CARD], stdin=subprocess.DEVNULL, **QUIET))
                wait_until("the TAP", lambda: place.run(_has_card), within=SOON, interval=5 * milliseconds)  # noqa: B023
                place.run(lambda: _raise_card(address))  # noqa: B023 - called at once
            yield line
        finally:
            for process in reversed(running):
                process.kill()
                process.communicate()


@contextmanager
def bridge(_folder: Path) -> Iterator[Line]:
    """Two veth pairs on a bridge of the kernel's."""
    with _line("veth + bridge") as line, NetworkNamespace.create() as home:
        home.run(_make_bridge)
        for number, (place, address) in enumerate(line.ends()):
            home.run(lambda: _make_veth(f"port{number}", place))  # noqa: B023 - called at once
            place.run(lambda: _raise_card(address))  # noqa: B023 - as above
        yield line


@contextmanager
def _line(name: str) -> Iterator[Line]:
    with NetworkNamespace.create() as one, NetworkNamespace.create() as two:
        yield Line(name, one, two)


def _has_card() -> bool:
    with IPRoute() as netlink:
        return bool(netlink.link_lookup(ifname=CARD))


def _raise_card(address: IPv4Interface) -> None:
    with IPRoute() as netlink:
        index = netlink.link_lookup(ifname=CARD)[0]
        netlink.addr("add", index=index, address=str(address.ip), prefixlen=address.network.prefixlen)
        netlink.link("set", index=index, state="up")


def _make_bridge() -> None:
    with IPRoute() as netlink:
        netlink.link("add", ifname="bridge", kind="bridge", br_stp_state=0)
        netlink.link("set", index=netlink.link_lookup(ifname="bridge")[0], state="up")


def _make_veth(port: str, place: NetworkNamespace) -> None:
    with IPRoute() as netlink:
        peer = {"ifname": CARD, "net_ns_fd": place.fileno()}
        netlink.link("add", ifname=port, kind="veth", peer=peer)
        bridge_index = netlink.link_lookup(ifname="bridge")[0]
        netlink.link("set", index=netlink.link_lookup(ifname=port)[0], master=bridge_index, state="up")
