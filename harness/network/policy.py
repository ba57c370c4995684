"""What routers let through, in nftables' language (nft(8)). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.topology.addressing import ALL, INTERNET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.topology.addressing import FlowSpec
    from harness.topology.model import Topology


def ruleset(topology: Topology) -> str:
    """Return the packet filter of a topology's routers; empty where they let everything through.

    With flows, what answers a flow passes as well (connection tracking), and nothing else; what is denied is counted. A
    lab has no internet, so flows from and to there are left out.
    """
    if not topology.flows:
        return ""
    allowed = "\n    ".join(line for flow in topology.flows for line in _allowed(topology, flow))
    return f"""
table ip routing {{
  counter denied {{ }}
  chain forward {{
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    {allowed}
    counter name denied
  }}
}}
"""


def _allowed(topology: Topology, flow: FlowSpec) -> Iterator[str]:
    vlans = {vlan.name: vlan.subnet for vlan in topology.vlans}
    for target in vlans if ALL in flow.to else [name for name in flow.to if name != INTERNET]:
        if flow.source not in {INTERNET, target}:
            way = f"ip saddr {vlans[flow.source]} ip daddr {vlans[target]}"
            ends = [f"{ports.protocol} dport {ports.first}-{ports.last}" for ports in flow.ports] or [""]
            yield from (f"{way} {end} accept" for end in ends)
