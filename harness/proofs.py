"""What a cluster that has come back has to show before a scenario gets it: it is healthy, and accepts a write."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Protocol

from harness.sandbox.waiting import wait_until
from harness.stacks.protocol import MaybeHappened, Unavailable
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Collection

    from harness.sandbox.waiting import Patience
    from harness.stacks.protocol import Health, KeyValue, Which

KEY = "harness/restored"
"""What is written."""
WITHIN = 20 * seconds


class Examined(Protocol):
    """A cluster whose health can be looked at, of all its machines or of some."""

    def healthy(self, *, among: Collection[Which] | None = None) -> Health:
        """Look at every health endpoint once; see `harness.stacks.protocol.Cluster`."""


def prove_health(cluster: Examined, patience: Patience, members: Collection[Which] | None = None) -> None:
    """Have every health endpoint of some machines, or of all, answer 200; asked again is only who did not.

    Raises `harness.sandbox.waiting.NotSeen` with those that don't.
    """
    seen: list[Health] = []

    def healthy() -> bool:
        failing = {check.machine for check in seen[-1].failing} if seen else members
        seen.append(cluster.healthy(among=failing))
        return seen[-1].complete

    what = "every health endpoint to answer 200"
    wait_until(what, healthy, within=WITHIN, patience=patience, show=lambda: str(seen[-1]))


def prove_write(cluster: KeyValue, patience: Patience) -> None:
    """Have a write accepted: one that was refused is tried again, as whoever asked for it would.

    Raises `harness.sandbox.waiting.NotSeen` with the last reason.
    """
    refused = [""]

    def accepted() -> bool:
        try:
            return bool(cluster.put(KEY, secrets.token_hex(4), within=WITHIN))
        except (Unavailable, MaybeHappened) as reason:
            refused[0] = str(reason)
            return False

    wait_until("a write", accepted, within=WITHIN, patience=patience, show=lambda: refused[0])
