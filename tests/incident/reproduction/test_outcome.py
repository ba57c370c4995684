from __future__ import annotations

import pytest

from harness.errors import Inconclusive, ScenarioFailure
from harness.incident.reproduction.outcome import Outcome, outcome_of
from harness.incident.signatures.signature import Sighting


def outcome(*, back: int, unknown: int = 0, healed: int = 3) -> Outcome:
    return Outcome(
        "term runs away", 3, back, unknown, healed, ("run 1: in term 3", "run 2: in term 3", "run 3: in term 3")
    )


def test_what_came_back_is_counted_in_words_and_properties() -> None:
    one = outcome(back=2, unknown=1)
    assert str(one) == "'term runs away' came back in 2 of 3 runs, 1 unknown"
    assert one.properties() == {"signature": "term runs away", "signature-runs": "3", "signature-back": "2"}
    assert str(outcome(back=3, healed=2)).endswith("in 3 of 3 runs; all was well again after 2")
    one.require()


def test_what_never_came_back_fails() -> None:
    with pytest.raises(ScenarioFailure, match="to come back") as caught:
        outcome(back=0).require()
    assert "run 3: in term 3" in str(caught.value)


def test_where_a_run_says_nothing_it_may_have_come_back() -> None:
    with pytest.raises(Inconclusive, match="comes back"):
        outcome(back=0, unknown=1).require()


def test_runs_end_where_it_does_not_heal() -> None:
    found = outcome_of("member silent", 5, lambda number: (Sighting(number != 1, "as told"), number < 3))
    assert (found.runs, found.back, found.unknown, found.healed) == (3, 2, 0, 2)
    assert found.told == ("run 1: as told", "run 2: as told", "run 3: as told; it did not heal")
