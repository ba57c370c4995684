from __future__ import annotations

import pytest

from harness.checks.leases import Look, Refresh, lease_survived
from harness.checks.operation import FAIL, OK, UNKNOWN
from harness.units import seconds

S = 10**9
GRANT = Refresh(0, S, OK)


def look(at: int, *, alive: bool) -> Look:
    return Look(at * S, at * S + 1, alive)


@pytest.mark.parametrize(
    "refreshes,looks,valid",
    [
        ([GRANT], [look(5, alive=True)], True),
        ([GRANT], [look(5, alive=False)], False),
        ([GRANT], [look(11, alive=False)], True),
        ([GRANT, Refresh(8 * S, 9 * S, OK)], [look(15, alive=False)], False),
        ([GRANT, Refresh(8 * S, None, UNKNOWN)], [look(15, alive=False)], True),
        ([GRANT, Refresh(8 * S, 9 * S, FAIL)], [look(15, alive=True)], False),
        ([GRANT, Refresh(8 * S, None, UNKNOWN)], [look(99, alive=True)], True),
        ([GRANT], [look(13, alive=True)], True),
        ([GRANT], [], None),
        ([Refresh(0, None, UNKNOWN)], [look(1, alive=True)], None),
    ],
)
def test_a_lease_lives_as_long_as_it_must_and_may(
    refreshes: list[Refresh], looks: list[Look], *, valid: bool | None
) -> None:
    assert lease_survived(refreshes, looks, 10 * seconds, grace=2 * seconds).valid is valid


def test_without_a_grace_it_may_live_on() -> None:
    assert lease_survived([GRANT], [look(99, alive=True)], 10 * seconds).valid is True


def test_how_much_too_early_is_said() -> None:
    verdict = lease_survived([GRANT], [look(4, alive=False)], 10 * seconds)
    assert verdict.because == "the lease was gone 6000 ms before it could end"
    assert verdict.witness == (GRANT, look(4, alive=False))
