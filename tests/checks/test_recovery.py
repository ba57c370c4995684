from __future__ import annotations

import pytest

from harness.checks.operation import UNKNOWN, Operation
from harness.checks.recovery import campaigns_held, election_budget, recovered_within
from harness.topology.model import RaftSettings
from harness.units import milliseconds, seconds
from tests.checks.make import w

S = 10**9


def test_the_budget_comes_from_the_timers() -> None:
    raft = RaftSettings(heartbeat=50 * milliseconds, election_timeout=500 * milliseconds)
    assert election_budget(raft, campaigns=1) == 1050 * milliseconds
    assert election_budget(raft) == 3150 * milliseconds
    assert election_budget(raft, round_trip=100 * milliseconds) == 4050 * milliseconds


def test_it_grows_with_the_campaigns_that_were_held() -> None:
    assert [campaigns_held(4, after) for after in (4, 5, 7, 8, 10)] == [3, 3, 3, 4, 6]


@pytest.mark.parametrize(
    "history,valid",
    [
        ([w(0, S, 1), w(11 * S, 12 * S, 2)], True),
        ([w(11 * S, 19 * S, 2)], False),
        ([w(11 * S, None, 1, UNKNOWN), w(18 * S, None, 2, UNKNOWN)], False),
        ([w(11 * S, 12 * S, 1, UNKNOWN)], None),
        ([w(0, S, 1)], None),
        ([], None),
    ],
)
def test_it_serves_again_in_time(history: list[Operation], *, valid: bool | None) -> None:
    assert recovered_within(history, 10 * S, 5 * seconds).valid is valid


def test_how_long_it_took_is_said() -> None:
    verdict = recovered_within([w(11 * S, 19 * S, 2)], 10 * S, 5 * seconds)
    assert verdict.because == "it served again only 9.00 s after, 5.00 s were allowed"
    assert verdict.witness == (w(11 * S, 19 * S, 2),)
