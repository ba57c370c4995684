"""What a kernel can do for bridges, found out by trying it in a namespace that is thrown away."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from harness.errors import HostError, Missing
from harness.network.bridge import devices, queueing
from harness.network.bridge.filter import table
from harness.network.bridge.netem import Netem
from harness.network.bridge.netlink import Netlink
from harness.network.bridge.nftables import Nftables, Refused
from harness.network.impairment import Impairment
from harness.sandbox.netns import NetworkNamespace

if TYPE_CHECKING:
    from collections.abc import Callable

GROUP = 1
INSTEAD = "or take --lab-network=switch, which needs none of it"


@dataclass(frozen=True)
class Features:
    """What the running kernel has."""

    bridge: bool
    """Bridges, and veth devices as their ports."""

    vlan_filtering: bool
    """Bridges that know VLANs (CONFIG_BRIDGE_VLAN_FILTERING)."""

    vlan_devices: bool
    """802.1Q interfaces (8021q)."""

    netem: bool
    """Impairments of what a port sends (sch_netem)."""

    ifb: bool
    """Intermediate devices, and redirection to them (ifb, cls_matchall, act_mirred): impairments of what comes in."""

    filter: bool
    """nftables for bridges (CONFIG_NF_TABLES_BRIDGE)."""

    def require(self, *names: str) -> None:
        """Raise `HostError` that names each of these features that is missing, and what does without it."""
        missing = [MISSING[name] for name in names if not getattr(self, name)]
        if missing:
            raise HostError(*missing)


MISSING = {
    "bridge": Missing("the kernel has no bridges or no veth devices", f"modprobe bridge veth, {INSTEAD}"),
    "vlan_filtering": Missing(
        "the kernel lacks VLAN filtering for bridges, so no trunk and no cable between switches can be had",
        f"run one with CONFIG_BRIDGE_VLAN_FILTERING, {INSTEAD}",
    ),
    "vlan_devices": Missing("the kernel has no 802.1Q interfaces for a card on a trunk", f"modprobe 8021q, {INSTEAD}"),
    "netem": Missing("the kernel has no network emulator to impair links with", f"modprobe sch_netem, {INSTEAD}"),
    "ifb": Missing(
        "the kernel can't impair what a machine sends", f"modprobe ifb sch_ingress cls_matchall act_mirred, {INSTEAD}"
    ),
    "filter": Missing(
        "the kernel has no packet filter for bridges", f"run one with CONFIG_NF_TABLES_BRIDGE, {INSTEAD}"
    ),
}


@functools.cache
def probe() -> Features:
    """Return what the running kernel has; tried once in a process. Raises `HostError` where namespaces can't be had."""
    try:
        place = NetworkNamespace.create()
    except OSError as error:
        raise HostError(Missing("no network namespaces", f"run as root or in a sandbox ({error.strerror})")) from error
    with place, Netlink(place) as netlink:
        bridge = _works(lambda: _try_port(netlink, place))
        return Features(
            bridge=bridge,
            vlan_filtering=_filters_vlans(netlink),
            vlan_devices=bridge and _works(lambda: _try_vlan_device(netlink)),
            netem=bridge and _works(lambda: _try_netem(netlink)),
            ifb=bridge and _works(lambda: _try_ifb(netlink)),
            filter=_works(lambda: Nftables(place).run(table("probe", vlans=False))),
        )


def _works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (OSError, Refused):
        return False
    return True


def _try_port(netlink: Netlink, place: NetworkNamespace) -> None:
    netlink.tell([devices.add_bridge("bridge", GROUP, "bridge", vlans=False)])
    peer = devices.card("card", place.fileno(), "02:00:00:00:00:01", 1)
    netlink.tell([devices.add_port("port", 0, GROUP, netlink.index("bridge"), peer=peer, what="port")])


def _filters_vlans(netlink: Netlink) -> bool:
    """Say whether bridges know VLANs. Kernels without refuse the wish, or ignore it: so a bridge is asked."""
    if not _works(lambda: netlink.tell([devices.add_bridge("filtering", GROUP, "filtering", vlans=True)])):
        return False
    options = devices.kind_options(netlink, netlink.index("filtering"))
    return options.get(devices.IFLA_BR_VLAN_FILTERING) == b"\1"


def _try_vlan_device(netlink: Netlink) -> None:
    netlink.tell([devices.add_vlan_device("card.1", netlink.index("card"), 1)])


def _try_netem(netlink: Netlink) -> None:
    netem = Netem.of(Impairment(delay=timedelta(milliseconds=1)))
    netlink.tell([queueing.put_netem(netlink.index("port"), netem, None, "netem")])


def _try_ifb(netlink: Netlink) -> None:
    netlink.tell([devices.add_ifb("back", GROUP)])
    port, back = netlink.index("port"), netlink.index("back")
    netlink.tell([queueing.put_classifier(port, "clsact"), queueing.redirect_all(port, back, "redirection")])
