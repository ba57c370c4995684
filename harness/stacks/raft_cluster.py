"""How a Raft cluster stands, by what its members say: who leads, and whether every endpoint is healthy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from typing import TYPE_CHECKING

from harness.sandbox.waiting import HEALTHY, Patience, wait_until
from harness.stacks.asking import as_answered, name_of
from harness.stacks.protocol import Unavailable
from harness.units import milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import timedelta

    from harness.stacks.protocol import Health, Members, Which
    from harness.topology.model import MachineSpec

HEALTH_INTERVAL = 250 * milliseconds
"""Between two looks at all endpoints: each costs every machine several TLS handshakes."""


class RaftCluster(ABC):
    """One Raft cluster. Whoever can list the members as one machine knows them learns from it who leads.

    `service` is the cluster's name in messages, `machines` are those that may be members.
    """

    def __init__(self, service: str, machines: Iterable[MachineSpec], *, patience: Patience = HEALTHY) -> None:
        self.service = service
        self.patience = patience
        self._specs = {spec.name: spec for spec in machines}

    @property
    def machines(self) -> tuple[str, ...]:
        """The names of the machines that run this service, in the topology's order."""
        return tuple(self._specs)

    @abstractmethod
    def members(self, *, via: Which | None = None) -> Members:
        """List the members, with the leader and the term that the machine asked knows of. Raises `Unavailable`."""

    def leader(self, *, via: Which | None = None) -> MachineSpec:
        """Return the machine that leads: as `via` believes, or else as most do of those that know the highest term.

        Raises `Unavailable` where no leader is known.
        """
        views = [self.members(via=via)] if via is not None else self._views()
        known = [view for view in views if view.leader in self._specs]
        if not known:
            whom = ", ".join(sorted(view.seen_by for view in views)) or "nobody"
            raise Unavailable(f"{self.service}: no leader is known; {whom} answered")
        believed = Counter((view.term, str(view.leader)) for view in known)
        _, leader = max(believed, key=lambda one: (one[0], believed[one]))
        return self._specs[leader]

    def wait_for_leader(
        self,
        *,
        within: timedelta,
        among: Collection[Which] | None = None,
        outside: Collection[Which] | None = None,
    ) -> MachineSpec:
        """Wait until one of these machines (all, or all but those outside) leads and says so itself; return it.

        Raises `harness.sandbox.waiting.NotSeen`.
        """
        allowed = {name_of(one) for one in (self.machines if among is None else among)}
        allowed -= {name_of(one) for one in outside or ()}
        seen: list[object] = [None]

        def look() -> MachineSpec | None:
            try:
                leader = self.leader()
                seen[0] = f"{leader.name} leads"
                confirmed = leader.name in allowed and self.leader(via=leader) == leader
            except Unavailable as reason:
                seen[0] = str(reason)
                return None
            return leader if confirmed else None

        what = f"{self.service} to be led by one of {', '.join(sorted(allowed))}"
        return wait_until(what, look, within=within, patience=self.patience, show=lambda: seen[0])

    def _views(self) -> list[Members]:
        """Return what the members think, as soon as most of them think the same: one who is away isn't waited for."""
        views: list[Members] = []
        agreed: Counter[tuple[str | None, int]] = Counter()
        for view in as_answered(self._view, self.machines):
            if view is not None:
                views.append(view)
                agreed[view.leader, view.term] += 1
            if 2 * max(agreed.values(), default=0) > len(self.machines):
                break
        return views

    def _view(self, name: str) -> Members | None:
        try:
            return self.members(via=name)
        except Unavailable:
            return None


def wait_until_healthy(look: Callable[[], Health], *, within: timedelta, patience: Patience) -> Health:
    """Look until every health endpoint answers 200. Raises `harness.sandbox.waiting.NotSeen` with those that don't."""
    last: list[Health] = []

    def complete() -> Health | None:
        last[:] = [look()]
        return last[0] if last[0].complete else None

    return wait_until(
        "every health endpoint to answer 200",
        complete,
        within=within,
        patience=patience,
        interval=HEALTH_INTERVAL,
        show=lambda: str(last[0]),
    )
