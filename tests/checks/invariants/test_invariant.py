from __future__ import annotations

from harness.checks.invariants.invariant import KEPT, Ledger


def test_nothing_seen_is_unknown_and_something_seen_holds() -> None:
    ledger = Ledger("peace", "war")
    assert str(ledger.verdict("quiet")) == "peace: unknown: no war was seen"
    ledger.looked()
    assert str(ledger.verdict("quiet")) == "peace: holds: quiet"


def test_violations_are_counted_and_few_are_kept() -> None:
    ledger = Ledger("peace", "war")
    for number in range(1000):
        ledger.violated(f"shot {number}", number)
    verdict = ledger.verdict("quiet")
    assert str(verdict) == "peace: does not hold: shot 0 (and 999 more like it)"
    assert verdict.witness == (0,)
    assert KEPT < 1000
