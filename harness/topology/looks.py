"""How VLANs and sites look in drawings, so that they differ in colour, and without colour by pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from harness.topology.network_scalars import format_rate
from harness.topology.scalars import format_exactly

if TYPE_CHECKING:
    from harness.topology.links import WanSpec
    from harness.topology.model import Topology, Vlan

# Told apart also by people who see colours differently (Okabe and Ito, 2008), without the yellow that fades on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555")
DASHES = ("", "10 4", "3 3", "14 4 3 4", "6 3 2 3 2 3")
TINTS = ("#EAF2FA", "#EEF7EA", "#FBF1E3", "#F6ECF5", "#EDEDED")


class Look(NamedTuple):
    """A line's colour, and its dash pattern as SVG has it; empty for a solid line."""

    colour: str
    dash: str


def looks(topology: Topology) -> dict[str, Look]:
    """Return how each VLAN looks, by name. The first 35 all differ, and neighbours in colour and in pattern both."""
    return {
        vlan.name: Look(COLOURS[i % len(COLOURS)], DASHES[i % len(DASHES)]) for i, vlan in enumerate(topology.vlans)
    }


def title(vlan: Vlan) -> str:
    """Return a VLAN in words: ``VLAN 200 cluster``; one without an id is only a network."""
    return f"network {vlan.name}" if vlan.id is None else f"VLAN {vlan.id} {vlan.name}"


def wan_label(wan: WanSpec) -> str:
    """Return what a line between sites is like: ``10 Gbps, 2 ms, synchronous``."""
    delay = wan.link.directions()[0].delay
    parts = [wan.speed and format_rate(wan.speed), delay is not None and format_exactly(delay), wan.replication]
    return ", ".join(part for part in parts if part) or "line"
