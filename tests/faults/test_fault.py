from __future__ import annotations

import pytest

from harness.errors import LabError
from harness.faults.fault import Injected, Observed, Proof


class Unseen(Injected):
    """A fault of whose machine nothing can be learned."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def proof(self) -> Proof:
        raise self._error

    def heal(self) -> None:
        pass


class Counted(Observed):
    """A fault that counts how often it was looked at, and taken away."""

    looks, ends = 0, 0

    def look(self) -> Proof:
        self.looks += 1
        return Proof(True, f"look {self.looks}")

    def undo(self) -> None:
        self.ends += 1


@pytest.mark.parametrize(
    "bit, words",
    [(True, "it bit: 3"), (False, "it did not bite: 3"), (None, "nobody can say whether it bit: 3")],
)
def test_a_proof_has_three_values(*, bit: bool | None, words: str) -> None:
    assert str(Proof(bit, "3")) == words


def test_what_can_not_be_seen_any_more_is_unknown_where_it_is_healed() -> None:
    assert Unseen(LabError("says nothing", machine="node01")).last_proof() == Proof(None, "node01: says nothing")
    assert Unseen(TimeoutError("timed out")).last_proof() == Proof(None, "timed out")
    with pytest.raises(ZeroDivisionError):
        Unseen(ZeroDivisionError()).last_proof()


def test_what_is_seen_last_in_force_stays_the_proof_and_it_is_taken_away_once() -> None:
    fault = Counted()
    assert fault.proof().seen == "look 1"
    fault.heal()
    fault.heal()
    assert (fault.proof().seen, fault.looks, fault.ends) == ("look 2", 2, 1)
