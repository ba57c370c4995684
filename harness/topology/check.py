"""The checks of a topology that no single value can answer: what repeats, is named but missing, or does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.topology.address_rules import address_findings
from harness.topology.bandwidth_rules import bandwidth_findings
from harness.topology.layout_rules import layout_findings
from harness.topology.network_rules import network_findings
from harness.topology.quorum_rules import quorum_findings
from harness.topology.stack_rules import stack_findings
from harness.topology.wiring_rules import wiring_findings

if TYPE_CHECKING:
    from harness.topology.findings import Finding
    from harness.topology.model import Topology

RULES = (
    network_findings,
    address_findings,
    wiring_findings,
    bandwidth_findings,
    layout_findings,
    stack_findings,
    quorum_findings,
)


def check(topology: Topology) -> list[Finding]:
    """Return everything that is wrong with a topology, by location; none when it can be built."""
    return [finding for rules in RULES for finding in rules(topology)]
