"""What every scenario under load has in common: clients from its beginning to its end, a heal phase, and verdicts."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.checks.linearizability import linearizable
from harness.clients.healing import every_member_serves, final_values
from harness.clients.judging import refute, require, verdicts
from harness.clients.load import Load, Plan
from harness.errors import LabError, ScenarioFailure
from harness.sandbox.waiting import HEALTHY
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from harness.sandbox.waiting import Patience
    from harness.stacks.protocol import KeyValue

WARM = 2
"""So many acknowledged operations of each client before the block, and after the heal phase: it serves everywhere."""
WARM_WITHIN = 20 * seconds
HEALED_WITHIN = 30 * seconds


@contextmanager
def rehearsal(
    cluster: KeyValue, members: Collection[str], *, folder: Path, plan: Plan, patience: Patience = HEALTHY
) -> Iterator[Load]:
    """Keep a client busy through each member while a block lasts; then see the cluster healed, and judge it.

    The block breaks things, and heals them again; it may add to `checks` what else its history has to fulfil. After it
    every member has to accept a write, and all to agree, while the clients go on. The history goes into a folder of the
    plan's name, which has to be new. Raises `ScenarioFailure` where the cluster does not heal, what
    `harness.clients.judging.require` raises, and `LabError` for a name that an earlier load had: its values are still
    there, and would be taken for ones that nobody wrote.
    """
    if (folder / plan.name).exists():
        raise LabError(f"another load was called {plan.name!r} before, and its keys hold its values: choose a new name")
    with Load(cluster, members, folder=folder / plan.name, plan=plan, patience=patience) as clients:
        clients.wait_for(WARM, within=WARM_WITHIN)
        yield clients
        try:
            every_member_serves(cluster, members, plan.name, within=HEALED_WITHIN, patience=patience)
        except ScenarioFailure:
            clients.stop()
            history = clients.history  # a violation says more than what follows from it
            refute([linearizable(history), *(check(history) for check in clients.checks)])
            raise
        clients.wait_for(WARM, since=clients.now(), within=WARM_WITHIN)
    history = clients.history
    found = verdicts(history, final_values(cluster, history))
    require([*found, *(check(history) for check in clients.checks)])
