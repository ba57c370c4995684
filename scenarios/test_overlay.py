"""Virtual machines in an overlay over the workers' cluster VLAN: VXLAN on UDP 4789, frame within frame."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from harness.capture.events import IcmpEchoReply, IcmpEchoRequest, IcmpPacketTooBig, VxlanFrame
from harness.capture.patterns import Like
from harness.namespace_lab import NamespaceLab
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.lab import Lab
    from harness.machines.commands import Completed
    from harness.wire.wire import Wire

pytestmark = [pytest.mark.lab("photoncloud", machines="any"), pytest.mark.smoke]

VNI = 101
NEAR, FAR = "node04", "node05"
ETHERNET, IP, ICMP, VXLAN_OVER_IP = 14, 20, 8, 50
MTU = 1500
"""Of the cluster VLAN, and of a virtual machine whose owner has not thought of the tunnel."""

FITS = MTU - VXLAN_OVER_IP - IP - ICMP
"""Octets of a ping's data that fit through the tunnel in one piece."""

WAITS = "ip link set lo up && echo ready && exec sleep infinity"


class Guest:
    """A virtual machine on a worker, as far as the network is concerned: a namespace at one end of the overlay."""

    def __init__(self, lab: NamespaceLab, worker: str, name: str) -> None:
        overlay = next(one for one in lab.topology.overlays if one.name == "vm-overlay")
        self.worker = lab.machines[worker]
        self.address = str(next(one.addresses.first for one in overlay.plan if one.name == name))
        self.outer = str(next(nic.addresses["cluster"] for nic in self.worker.spec.nics if "cluster" in nic.addresses))
        self.port = overlay.port
        self.length = overlay.subnet.prefixlen
        self.process = self.worker.start(["unshare", "-n", "sh", "-c", WAITS], stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"

    def join(self, other: Guest, *, df: str) -> None:
        """Plug the machine into the overlay; `df` says whether the tunnel's own datagrams may be cut."""
        ends = f"local {self.outer} remote {other.outer} dstport {self.port} df {df}"
        self._host(f"ip link add vm type vxlan id {VNI} {ends}")
        self._host(f"ip link set vm netns {self.process.pid} name eth0")
        for command in (
            f"ip link set eth0 mtu {MTU} up",
            f"ip address add {self.address}/{self.length} dev eth0",
            f"ip route replace {other.address}/32 dev eth0 mtu lock {MTU}",  # it heeds nobody who says that less fits
        ):
            assert self.run(command).status == 0, command

    def leave(self) -> None:
        """Pull the plug."""
        assert self.run("ip link delete eth0").status == 0

    def ping(self, other: Guest, octets: int) -> Completed:
        """Ask another machine whether it is there, with so many octets that must stay in one piece."""
        return self.run(f"ping -n -c 2 -i 0.2 -W 1 -M do -s {octets} {other.address}")

    def run(self, command: str) -> Completed:
        """Run a program on the machine."""
        inside = ["nsenter", "-t", str(self.process.pid), "-n", *command.split()]
        return self.worker.run(inside, within=20 * seconds)

    def end(self) -> None:
        """Switch the machine off."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _host(self, command: str) -> None:
        done = self.worker.run(command.split(), within=20 * seconds)
        assert done.status == 0, done.stderr


@pytest.fixture(scope="module")
def guests(lab: Lab) -> Iterator[tuple[Guest, Guest]]:
    """Give VM-101 on one worker and VM-102 on another."""
    if not isinstance(lab, NamespaceLab):
        pytest.skip("its virtual machines are namespaces on workers that are namespaces")
    lab.switch_on(NEAR, FAR)
    near, far = Guest(lab, NEAR, "vm-101"), Guest(lab, FAR, "vm-102")
    yield near, far
    near.end()
    far.end()


@contextmanager
def overlay(guests: tuple[Guest, Guest], *, df: str) -> Iterator[None]:
    """Have both machines in the overlay while a block lasts."""
    near, far = guests
    near.join(far, df=df)
    far.join(near, df=df)
    yield
    near.leave()
    far.leave()


def test_machines_reach_each_other_through_the_tunnel_over_the_cluster_vlan(
    guests: tuple[Guest, Guest], wire: Wire
) -> None:
    near, far = guests
    with overlay(guests, df="set"):
        assert near.ping(far, FITS).status == 0
    cluster = wire.on("cluster")
    outer = cluster.expect(VxlanFrame, inner_src=near.address, inner_dst=far.address, within=5 * seconds)
    assert (outer.vni, outer.src, outer.dst, outer.dst_port) == (VNI, near.outer, far.outer, 4789)
    assert wire.who(outer) == {NEAR, FAR}
    there = Like(IcmpEchoRequest, src=near.address, tunnels=lambda tunnels: [one.vni for one in tunnels] == [VNI])
    assert cluster.in_order(there, Like(IcmpEchoReply, src=far.address, dst=near.address), within=5 * seconds)
    for vlan in ("provisioning", "client", "storage"):
        wire.on(vlan).never(VxlanFrame)
    wire.never(IcmpEchoRequest, tunnels=())


def test_what_is_too_long_travels_in_fragments_where_the_tunnel_may_cut(
    guests: tuple[Guest, Guest], wire: Wire
) -> None:
    near, far = guests
    with overlay(guests, df="unset"):
        assert near.ping(far, MTU - IP - ICMP).status == 0
    whole = ETHERNET + MTU
    carried = wire.on("cluster").expect(VxlanFrame, inner_src=near.address, inner_length=whole, within=5 * seconds)
    assert carried.vni == VNI


def test_where_it_may_not_there_is_a_black_hole_that_nobody_tells_of(
    guests: tuple[Guest, Guest], wire: Wire, lab: Lab
) -> None:
    near, far = guests
    arriving = lab.wire(f"{FAR}/eth1")
    with overlay(guests, df="set"):
        assert near.ping(far, FITS).status == 0
        with arriving.forbidding(VxlanFrame, inner_length=lambda octets: octets > ETHERNET + MTU - VXLAN_OVER_IP):
            lost = near.ping(far, FITS + 1)
        assert near.ping(far, FITS).status == 0
    assert lost.status == 1
    assert b"100% packet loss" in lost.stdout
    assert b"too long" not in lost.stdout + lost.stderr
    wire.never(IcmpPacketTooBig)
    arriving.expect(IcmpEchoRequest, src=near.address, length=FITS, within=5 * seconds)
