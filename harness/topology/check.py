"""The checks of a topology that no single value can answer: what repeats, is named but missing, or does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.topology.layout_rules import layout_findings
from harness.topology.network_rules import network_findings
from harness.topology.stack_rules import stack_findings

if TYPE_CHECKING:
    from harness.topology.findings import Finding
    from harness.topology.model import Topology


def check(topology: Topology) -> list[Finding]:
    """Return everything that is wrong with a topology, by location; none when it can be built."""
    return [*network_findings(topology), *layout_findings(topology), *stack_findings(topology)]
