from __future__ import annotations

import pytest

from harness.faults.fault import Injected, Proof
from harness.faults.machines import Done, Several


class Part(Injected):
    def __init__(self, order: list[int], number: int, *, bit: bool | None = True, fails: bool = False) -> None:
        self._bit, self._order, self._number, self._fails = bit, order, number, fails

    def proof(self) -> Proof:
        return Proof(self._bit, str(self._number))

    def heal(self) -> None:
        self._order.append(self._number)
        if self._fails:
            raise ZeroDivisionError


@pytest.mark.parametrize(
    "bits, bit",
    [((True, True), True), ((True, False, None), False), ((True, None), None), ((), None)],
)
def test_several_faults_bit_where_each_did(*, bits: tuple[bool | None, ...], bit: bool | None) -> None:
    assert Several([Part([], number, bit=one) for number, one in enumerate(bits)]).proof().bit is bit


def test_all_are_healed_the_last_one_first_also_where_one_can_not_be() -> None:
    order: list[int] = []
    with pytest.raises(ExceptionGroup, match="1 of 3 parts"):
        Several([Part(order, number, fails=number == 1) for number in range(3)]).heal()
    assert order == [2, 1, 0]


def test_what_is_done_is_proven_and_needs_no_healing() -> None:
    done = Done("it went")
    done.heal()
    assert str(done.proof()) == "it bit: it went"
