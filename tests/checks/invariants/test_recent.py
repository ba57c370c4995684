from __future__ import annotations

from harness.checks.invariants.recent import Recent


def test_the_oldest_is_forgotten() -> None:
    recent: Recent[int, str] = Recent(limit=3)
    for number in range(5):
        recent.set(number, str(number))
    assert list(recent) == [2, 3, 4]
    assert len(recent) == 3
    assert recent.get(0) is None
    assert recent.setdefault(4, "other") == "4"
    assert recent.setdefault(9, "nine") == "nine"
    assert recent.pop(9) == "nine"
    assert recent.pop(9) is None
