from __future__ import annotations

import pytest

from harness.checks.losses import no_stale_reads, nothing_lost
from harness.checks.operation import FAIL, UNKNOWN, Json, Operation
from tests.checks.make import cas, r, w
from tests.checks.simulated import Simulation

ONE, TWO, THREE = w(0, 1, 1), w(2, 3, 2), w(4, 5, 3)


@pytest.mark.parametrize(
    "history,final,valid",
    [
        ([ONE, TWO], {"x": 2}, True),
        ([ONE, TWO], {"x": 1}, False),
        ([ONE, TWO], {"x": None}, False),
        ([ONE, TWO], {"x": 9}, False),
        ([ONE, TWO], {}, None),
        ([ONE, w(0, 9, 2)], {"x": 1}, True),
        ([w(0, None, 1, UNKNOWN), TWO], {"x": 1}, True),
        ([ONE, w(2, 3, 2, UNKNOWN)], {"x": 1}, True),
        ([w(0, 1, 1, FAIL)], {"x": None}, True),
        ([w(0, 1, 1, FAIL), TWO], {"x": 1}, False),
        ([ONE, cas(2, 3, 1, 4)], {"x": 1}, False),
        ([], {}, True),
    ],
)
def test_acknowledged_writes_are_there_or_replaced(
    history: list[Operation], final: dict[str, Json], *, valid: bool | None
) -> None:
    assert nothing_lost(history, final).valid is valid


def test_losses_are_counted_and_shown() -> None:
    verdict = nothing_lost([ONE, TWO, THREE], {"x": 1})
    assert (
        str(verdict)
        == "nothing lost: does not hold: key 'x': it holds 1, and 2 acknowledged writes after that are gone"
    )
    assert verdict.witness == (ONE, TWO)
    several = nothing_lost([ONE, TWO, TWO._replace(key="y")], {"x": 1, "y": None})
    assert several.because.startswith("2 keys lost writes; key 'x'")


def test_a_stale_read_is_shown_with_what_it_missed() -> None:
    verdict = no_stale_reads([ONE, TWO, THREE, r(6, 7, 1), r(8, 9, 3), r(0, 3, None)])
    assert str(verdict) == "no stale reads: does not hold: 1 of 3 reads are stale"
    assert verdict.witness == (ONE, THREE, r(6, 7, 1))
    assert no_stale_reads([ONE, r(2, 3, None)]).witness == (ONE, r(2, 3, None))


@pytest.mark.parametrize("values", [None, 5])
def test_a_real_register_loses_nothing_and_is_never_stale(values: int | None) -> None:
    history = Simulation(7, keys=5, values=values, swaps=0.3, lost=0.1).history(3000)
    assert no_stale_reads(history).valid is True
