from __future__ import annotations

import pytest

from harness.faults.fault import Proof


@pytest.mark.parametrize(
    "bit, words",
    [(True, "it bit: 3"), (False, "it did not bite: 3"), (None, "nobody can say whether it bit: 3")],
)
def test_a_proof_has_three_values(*, bit: bool | None, words: str) -> None:
    assert str(Proof(bit, "3")) == words
