"""A load: several clients at a bounded rate, each through a machine of its own, and the history that they write."""

from __future__ import annotations

import math
import random
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from harness.checks import history
from harness.checks.operation import OK
from harness.clients.client import REQUEST_WITHIN, Client
from harness.errors import LabError
from harness.sandbox.waiting import HEALTHY, wait_until
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import timedelta
    from pathlib import Path

    from harness.checks.operation import Operation
    from harness.checks.verdict import Verdict
    from harness.sandbox.waiting import Patience
    from harness.stacks.protocol import KeyValue

AT_ONCE = 10
"""So many clients share a key at most: what a search costs grows with how much of a key happens at the same time."""

HISTORY = "history.jsonl"


@dataclass(frozen=True)
class Plan:
    """How much is asked: operations a second of each client, keys of each group of clients, where chance starts.

    The history is left in a folder of the plan's `name`. Raises `ValueError` where nothing would be asked, or for a
    name that no folder can have.
    """

    rate: float = 5.0
    keys: int = 3
    seed: int = 0
    name: str = "load"

    def __post_init__(self) -> None:
        if not 0 < self.rate < math.inf or self.keys < 1:
            raise ValueError(f"{self.rate} operations a second on {self.keys} keys, expected more than 0 on 1 or more")
        if self.name in {"", ".", ".."} or "/" in self.name:
            raise ValueError(f"{self.name!r} is no plain name, expected one that a folder can have")

    def keys_of(self, process: int) -> list[str]:
        """Return the keys of a client, which it shares with `AT_ONCE` - 1 others at most."""
        return [f"{self.name}/{process // AT_ONCE}/{number}" for number in range(self.keys)]


class Load:
    """Clients that run while a block lasts, one for each machine that is named. `history` is what they saw until now.

    Leaving the block waits for the answers that are outstanding, and writes the history into `folder`. Raises an
    `ExceptionGroup` there where clients ended by errors that are no answers, `LabError` where one does not end.
    """

    def __init__(
        self,
        cluster: KeyValue,
        through: Collection[str],
        *,
        folder: Path,
        plan: Plan | None = None,
        within: timedelta = REQUEST_WITHIN,
        patience: Patience = HEALTHY,
    ) -> None:
        self.plan = plan or Plan()
        self.through = tuple(through)
        self.path = folder / HISTORY
        self.checks: list[Callable[[Sequence[Operation]], Verdict]] = []
        """What its history has to fulfil beside what every history has to."""
        self._patience = patience
        self._within = within
        self._clients = [self._client(cluster, number, via) for number, via in enumerate(self.through)]
        self._operations: list[Operation] = []
        self._errors: list[Exception] = []
        self._grown = threading.Event()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(one,), name=f"harness-client-{one.process}", daemon=True)
            for one in self._clients
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def history(self) -> list[Operation]:
        """The operations that have ended by now, in the order of their ends."""
        return list(self._operations)

    @staticmethod
    def now() -> int:
        """Return the moment on the history's clock, in nanoseconds."""
        return time.monotonic_ns()

    def processes(self, *machines: str) -> frozenset[int]:
        """Return the clients that ask these machines."""
        return frozenset(one.process for one in self._clients if one.via in machines)

    def stop(self) -> None:
        """Stop all clients, wait for their last answers, and write the history."""
        self._stop.set()
        bound = (self._patience.stretch(self._within) * 2 + 10 * seconds).total_seconds()
        deadline = time.monotonic() + bound
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0.0))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("".join(history.lines(self._operations)))
        if late := [thread.name for thread in self._threads if thread.is_alive()]:
            raise LabError(f"{', '.join(late)} did not end within {bound:.0f} s")
        self._check()

    def wait_for(
        self,
        count: int,
        *,
        since: int = 0,
        through: Sequence[str] | None = None,
        acknowledged: bool = True,
        within: timedelta,
    ) -> None:
        """Wait until each of some clients has `count` operations that were called since, acknowledged or only ended.

        Raises `harness.sandbox.waiting.NotSeen` with the counts, and an `ExceptionGroup` as soon as a client has ended.
        """
        wanted = self.processes(*(self.through if through is None else through))

        def counts() -> dict[int, int]:
            found = dict.fromkeys(wanted, 0)
            for one in self.history:
                if one.process in found and one.call >= since and (one.outcome == OK or not acknowledged):
                    found[one.process] += 1
            return found

        what = f"{count} {'acknowledged' if acknowledged else 'ended'} operations of each of {len(wanted)} clients"
        wait_until(
            what,
            lambda: self._errors or all(found >= count for found in counts().values()),
            within=within,
            patience=self._patience,
            wake=self._grown,
            show=lambda: {self._clients[number].via: found for number, found in counts().items()},
        )
        self._check()

    def _check(self) -> None:
        """Raise the errors by which clients ended."""
        if self._errors:
            raise ExceptionGroup(f"{len(self._errors)} of {len(self._clients)} clients failed", list(self._errors))

    def _client(self, cluster: KeyValue, number: int, via: str) -> Client:
        rng = random.Random(f"{self.plan.seed} {self.plan.name} {number}")  # noqa: S311 - a load, not a secret
        return Client(number, cluster, via, self.plan.keys_of(number), rng, self._within)

    def _run(self, client: Client) -> None:
        """Ask until it is stopped: at most one operation each period, and none that was missed is made up for."""
        period = 1 / self.plan.rate
        try:
            while not self._stop.is_set():
                started = time.monotonic()
                self._operations.append(client.step())
                self._grown.set()
                self._stop.wait(max(period - (time.monotonic() - started), 0.0))
        except Exception as error:  # noqa: BLE001 - told when the load ends; the others go on
            self._errors.append(error)
            self._grown.set()
