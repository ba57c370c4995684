"""Which worker runs which module: those whose labs start from the same checkpoints stay together, while nobody is idle.

A checkpoint that is not there yet is made by the first lab that wants it, and others that want it wait. So a worker
goes on with labs of the ladder that it has begun, begins one that nobody has begun, and only then helps another.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pytest
    from xdist.remote import Producer
    from xdist.workermanage import WorkerController

FED = 2
"""Tests that a worker has to know of to run one: it runs a test when it knows which is next, or that none is."""


def choose(waiting: Mapping[str, int], groups: Mapping[str, str], mine: str | None, begun: Collection[str]) -> str:
    """Return the module that a worker runs next.

    `waiting` has the modules that nobody runs, in their order, and how many tests each has; `groups` the group of each
    module that shares one. `mine` is the group that the worker runs now, `begun` has all that were begun.
    """
    sizes: Counter[str] = Counter()
    for module, tests in waiting.items():
        sizes[groups.get(module, module)] += tests

    def preference(module: str) -> tuple[bool, bool, int]:
        group = groups.get(module, module)
        return group == mine, group not in begun, sizes[group]

    return max(waiting, key=preference)  # the first of the best


class LabScheduling(LoadFileScheduling):  # type: ignore[misc] # xdist has no types here
    """Whole modules to workers, by `choose`; a test that crashes its worker has failed, and is not run again."""

    def __init__(self, config: pytest.Config, log: Producer, groups: Mapping[str, str]) -> None:
        super().__init__(config, log)
        self._groups = groups
        self._begun: set[str] = set()
        self._runs: dict[WorkerController, str] = {}

    def remove_node(self, node: WorkerController) -> str | None:
        """Hand what a worker has not finished to others; return the test that it crashed over, if it did."""
        workload = self.assigned_work[node]
        crashed = None
        for scope, unit in list(workload.items()):
            pending = [test for test, done in unit.items() if not done]
            if pending and crashed is None:
                crashed = pending.pop(0)
                unit[crashed] = True
            if not pending:
                del workload[scope]
        super().remove_node(node)
        return crashed

    def _assign_work_unit(self, node: WorkerController) -> None:
        waiting = {module: list(unit.values()).count(False) for module, unit in self.workqueue.items()}
        module = choose(waiting, self._groups, self._runs.get(node), self._begun)
        group = self._groups.get(module, module)
        self._runs[node] = group
        self._begun.add(group)
        self.workqueue.move_to_end(module, last=False)
        super()._assign_work_unit(node)

    def _reschedule(self, node: WorkerController) -> None:
        """Give a worker enough to go on with, or tell it that there is no more; xdist leaves one that is new hungry."""
        super()._reschedule(node)
        while not node.shutting_down and self._pending_of(self.assigned_work[node]) < FED:
            super()._reschedule(node)
