"""A stack with a planted bug: its members acknowledge a write before a majority has it, and hope for the best.

It is the reference stack, whose clients are told of success after a moment, whatever became of their write.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from typing import TYPE_CHECKING

from harness.sandbox.waiting import HEALTHY
from harness.stacks.protocol import REQUEST_TIMEOUT, MaybeHappened, Revision, Unavailable
from harness.stacks.reference import ReferenceStack
from harness.stacks.reference.cluster import ReferenceCluster

if TYPE_CHECKING:
    from datetime import timedelta

    from harness.sandbox.waiting import Patience
    from harness.stacks.protocol import Secrets, Which
    from harness.topology.model import Topology

MOMENT = 0.8
"""Seconds: on a healthy cluster every write is done by then, so that nothing is wrong while nothing is broken."""


class HastyCluster(ReferenceCluster):
    """Keeps a write in the member's queue, and says that it is done."""

    def __init__(self, topology: Topology, secrets: Secrets, *, patience: Patience) -> None:
        super().__init__(topology, secrets, patience=patience)
        self._queue = ThreadPoolExecutor(max_workers=64)

    def put(self, key: str, value: str, *, via: Which | None = None, within: timedelta = REQUEST_TIMEOUT) -> Revision:
        done: Future[Revision] = self._queue.submit(super().put, key, value, via=via, within=within)
        try:
            return done.result(MOMENT)
        except (NotYet, Unavailable, MaybeHappened):
            return Revision(0, 0)


class HastyStack(ReferenceStack):
    name = "hasty"

    def cluster(self, topology: Topology, secrets: Secrets, *, patience: Patience = HEALTHY) -> HastyCluster:
        return HastyCluster(topology, secrets, patience=patience)
