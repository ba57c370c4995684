from __future__ import annotations

from dataclasses import is_dataclass

import pytest

from harness.faults.catalogue import CATALOGUE, FAULTS
from harness.faults.fault import Fault


def test_every_fault_has_a_word_of_its_own() -> None:
    assert len(CATALOGUE) == len(FAULTS)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_a_value_that_says_what_it_does(fault: type[Fault]) -> None:
    assert is_dataclass(fault)
    assert fault.__doc__
