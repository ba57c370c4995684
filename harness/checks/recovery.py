"""How long a Raft cluster may take until it serves again, from its configured timers, and whether it took longer.

D. Ongaro and J. Ousterhout, "In Search of an Understandable Consensus Algorithm" (2014), section 5.2. etcd counts its
election timeout in heartbeats, and picks it anew from one to two times the configured one after each campaign.

How many campaigns are needed is chance. A leader that is lost may have brought its last entries to some only of those
who are left, and who has them does not vote for who has not (section 5.4.1): where three of six have them, every other
campaign is in vain. So a budget is for the campaigns that were held, each of which begins a term.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from harness.checks.operation import OK
from harness.checks.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.checks.operation import Operation
    from harness.topology.model import RaftSettings

NAME = "recovery"
CAMPAIGNS = 3
"""Two split votes and a third campaign that wins: members with the same log need more in less than one of a hundred."""
ROUND_TRIPS = 3
"""For a campaign: the question before the vote, the vote, and the first entry of the new leader's term."""


def election_budget(
    raft: RaftSettings, *, round_trip: timedelta = timedelta(0), campaigns: int = CAMPAIGNS
) -> timedelta:
    """Return how long a healthy majority may take, from the loss of its leader, until another one commits.

    For each campaign that is twice the election timeout, the granularity of a heartbeat, and the round trips between
    members, of which `round_trip` is the slowest. It is for a host that keeps up: stretch it by the host's patience.
    """
    return campaigns * (2 * raft.election_timeout + raft.heartbeat + ROUND_TRIPS * round_trip)


def campaigns_held(before: int, after: int) -> int:
    """Return for how many campaigns a budget is, from the terms before a loss and of the new leader: three at least."""
    return max(CAMPAIGNS, after - before)


def recovered_within(history: Iterable[Operation], since: int, budget: timedelta) -> Verdict:
    """Return whether an operation that was called at or after `since` (nanoseconds) succeeded within the budget.

    Unknown where nobody asked until the budget was over. The witness is the first operation that did succeed, too late,
    or the last one that did not.
    """
    after = sorted((one for one in history if one.call >= since), key=lambda one: one.call)
    successes = [one for one in after if one.outcome == OK and one.returned is not None]
    first = min(successes, key=_end, default=None)
    until = since + round(budget.total_seconds() * 1e9)
    if first is not None and _end(first) <= until:
        return Verdict(True, f"it served again {_seconds(first, since)} after, {_allowed(budget)}", name=NAME)
    if not _asked_until(after, until):
        return Verdict(None, "nobody asked it until the budget was over", name=NAME)
    if first is None:
        return Verdict(False, f"it never served again, {_allowed(budget)}", tuple(after[-1:]), NAME)
    return Verdict(False, f"it served again only {_seconds(first, since)} after, {_allowed(budget)}", (first,), NAME)


def _asked_until(after: Sequence[Operation], until: int) -> bool:
    """Return whether somebody was still asking, or asked again, when the budget was over."""
    return any(one.call >= until or _end(one) >= until for one in after)


def _end(one: Operation) -> int:
    return one.call if one.returned is None else one.returned


def _seconds(one: Operation, since: int) -> str:
    return f"{(_end(one) - since) / 1e9:.2f} s"


def _allowed(budget: timedelta) -> str:
    return f"{budget.total_seconds():.2f} s were allowed"
