"""A watch over a lab's cluster: its invariants, held against every frame, whatever the scenarios are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.events.harness import HarnessEvent
from harness.capture.invariants import Invariants
from harness.capture.notes import RESTORE

if TYPE_CHECKING:
    from harness.checks.verdict import Verdict
    from harness.topology.model import Topology
    from harness.wire.source import Source

WATCHED = ("arp", "dhcp", "harness", "raft")
"""The protocols that the invariants are about, and what the harness did."""


class Watch:
    """Feeds what was said on all VLANs to the invariants, each event once. `patience` is the host's factor.

    Where machines were put back, what was said before is forgotten.
    """

    def __init__(self, source: Source, topology: Topology, *, patience: float = 1.0) -> None:
        self._source = source
        self._topology = topology
        self._patience = patience
        self._fed = 0
        self._invariants = self._begin()

    def verdicts(self) -> list[Verdict]:
        """Return what is known by now, a verdict for each invariant. Raises as `Source.latest`."""
        arrived = self._source.latest()
        for event in arrived[self._fed :]:
            if isinstance(event, HarnessEvent) and event.what == RESTORE:  # time goes back for the whole cluster
                self._invariants = self._begin()
            self._invariants.feed(event)
        self._fed = len(arrived)
        return self._invariants.verdicts()

    def _begin(self) -> Invariants:
        return Invariants(self._topology, patience=self._patience)
