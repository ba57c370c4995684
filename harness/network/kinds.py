"""The kinds of network, by the names that ``--lab-network`` knows, and a topology's network made of one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.errors import HarnessBug
from harness.network import plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.errors import LabError
    from harness.network.protocol import Network
    from harness.sandbox.netns import NetworkNamespace
    from harness.topology.model import Topology

AUTO, SWITCH, BRIDGE, MULTICAST = "auto", "switch", "bridge", "multicast"
KINDS = (AUTO, SWITCH, BRIDGE, MULTICAST)


def create(
    kind: str,
    topology: Topology,
    folder: Path,
    namespace: NetworkNamespace,
    *,
    seed: int | None = None,
    on_death: Callable[[LabError], None] | None = None,
) -> Network:
    """Make the network of a topology, not started. ``auto`` is the switch, which runs everywhere.

    Random choices start from `seed`, or from the topology's own.

    Raises `HarnessBug` for a kind that there is not.
    """
    options: dict[str, Any] = {"seed": topology.seed if seed is None else seed, "on_death": on_death}
    if kind in (AUTO, SWITCH):
        from harness.network.switched import SwitchNetwork  # noqa: PLC0415 - only the kind that is used is loaded

        return SwitchNetwork(folder, namespace, **options)
    if kind == BRIDGE:
        from harness.network.bridged import BridgeNetwork  # noqa: PLC0415 - as above

        return BridgeNetwork(folder, namespace, **options)
    if kind == MULTICAST:
        from harness.network.multicast import MulticastNetwork  # noqa: PLC0415 - as above

        ids = plan.vlan_ids(topology)
        fixed = {ids[vlan.name]: vlan.multicast for vlan in topology.vlans if vlan.multicast is not None}
        return MulticastNetwork(folder, namespace, fixed=fixed, **options)
    raise HarnessBug(f"there is no kind of network {kind!r}, expected one of {', '.join(KINDS)}")


def lay_out(network: Network, topology: Topology) -> None:
    """Lay every cable of a topology on a network that runs, in the conditions that the topology gives it."""
    cards: list[plan.LinkPlan] = [card for cards in plan.cards(topology).values() for card in cards]
    network.lay([card.link for card in cards])
    cables = plan.cables(topology)
    for cable in cables:
        network.connect(cable.link, cable.first, cable.second, vlans=cable.vlans, wan=cable.wan)
    for one in (*cards, *cables):
        link = network.links[one.link]
        if not one.up.is_nothing():
            link.impair(one.up, directions=["up"])
        if not one.down.is_nothing():
            link.impair(one.down, directions=["down"])
