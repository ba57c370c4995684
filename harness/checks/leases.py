"""Lease survival: a lease that was kept alive must not expire, whoever leads the cluster meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.checks.operation import FAIL, OK
from harness.checks.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

NAME = "lease survival"


@dataclass(frozen=True, slots=True)
class Refresh:
    """A lease was granted or kept alive: called and answered in nanoseconds, None for no answer; and its outcome."""

    call: int
    returned: int | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody looked whether the lease, or a key that is bound to it, is there."""

    call: int
    returned: int
    alive: bool


def lease_survived(
    refreshes: Iterable[Refresh], looks: Iterable[Look], ttl: timedelta, *, grace: timedelta | None = None
) -> Verdict:
    """Return whether a lease lived as long as it had to, and, with a `grace`, no longer than it could.

    A refresh that was acknowledged keeps the lease alive for `ttl` from its call at least. It may end at the earliest
    then; at the latest `ttl` and `grace` after the answer to the last refresh that may have happened (a new leader
    gives it its whole time again, so `grace` has to leave room for elections). The lease must not be revoked
    meanwhile. The witness is the look that contradicts, and the refresh that it contradicts.
    """
    tried = [one for one in refreshes if one.outcome != FAIL]
    kept = [one for one in tried if one.outcome == OK and one.returned is not None]
    seen = list(looks)
    life = _nanoseconds(ttl)
    for look in seen:
        refresh = next((one for one in kept if not look.alive and _covers(one, look, life)), None)
        if refresh is not None:
            left = (refresh.call + life - look.returned) / 1e6
            return Verdict(False, f"the lease was gone {left:.0f} ms before it could end", (refresh, look), NAME)
        if look.alive and grace is not None and _over(look, tried, life + _nanoseconds(grace)):
            return Verdict(False, "the lease was there after it had to end", (look,), NAME)
    if not kept or not seen:
        return Verdict(None, "nobody kept the lease alive" if seen else "nobody looked for the lease", name=NAME)
    return Verdict(True, f"{len(seen)} looks agree with {len(kept)} refreshes", name=NAME)


def _covers(refresh: Refresh, look: Look, life: int) -> bool:
    """Return whether the lease had to be there at a look, because of a refresh that was answered before."""
    return refresh.returned is not None and refresh.returned < look.call <= look.returned < refresh.call + life


def _over(look: Look, tried: list[Refresh], life: int) -> bool:
    """Return whether the lease had to be gone at a look, whatever refresh before it happened."""
    ends = [_answered(one) + life for one in tried if one.call <= look.returned]
    return bool(ends) and look.call > max(ends)


def _answered(refresh: Refresh) -> float:
    return float("inf") if refresh.outcome != OK or refresh.returned is None else refresh.returned


def _nanoseconds(duration: timedelta) -> int:
    return round(duration.total_seconds() * 1e9)
