from __future__ import annotations

import pytest

from harness.checks.verdict import Verdict, combine

YES, NO, WHO = Verdict(True, "fine"), Verdict(False, "broken", (1,), "a"), Verdict(None, "too little")


@pytest.mark.parametrize("verdict,status", [(YES, 0), (NO, 1), (WHO, 3)])
def test_a_verdict_has_an_exit_status(verdict: Verdict, status: int) -> None:
    assert verdict.exit_status == status


@pytest.mark.parametrize(
    "verdicts,valid", [([], True), ([YES], True), ([YES, WHO], None), ([WHO, NO, YES], False), ([NO, NO], False)]
)
def test_a_violation_outweighs_what_is_unknown_and_that_what_holds(verdicts: list[Verdict], *, valid: bool) -> None:
    assert combine(verdicts).valid is valid


def test_the_first_that_decides_says_why() -> None:
    both = combine([YES, NO, NO], name="both")
    assert str(both) == "both: does not hold: a: broken (and 1 more like it)"
    assert both.witness == (1,)
    assert str(combine([YES], holds="all fine")) == "holds: all fine"


def test_a_verdict_is_not_taken_for_true_or_false() -> None:
    with pytest.raises(TypeError, match="three values"):
        bool(WHO)
