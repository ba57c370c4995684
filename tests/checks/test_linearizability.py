from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.checks.linearizability import linearizable
from harness.checks.operation import CAS, FAIL, OK, READ, UNKNOWN, WRITE, Json, Operation
from tests.checks.oracle import legal

EXAMPLES = 1000
MAYBE = st.sampled_from([OK, OK, OK, OK, UNKNOWN, FAIL])


@st.composite
def histories(draw: st.DrawFn, *, kinds: tuple[str, ...], values: int, unique: bool) -> list[Operation]:
    """Draw a short history of few processes, with times so coarse that many of them are equal."""
    made: list[Operation] = []
    count = draw(st.integers(0, 8))
    for number in range(count):
        op = draw(st.sampled_from(kinds))
        call = draw(st.integers(0, 12))
        outcome = draw(MAYBE)
        returned = call + draw(st.integers(0, 8))
        value: Json = draw(st.one_of(st.none(), st.integers(0, values)))
        if unique and op != READ:
            value = number
        expected = draw(st.one_of(st.none(), st.integers(0, values))) if op == CAS else None
        made.append(Operation(number, "x", op, value, expected, call, returned, outcome, number + 1))
    return made


def agrees(history: list[Operation]) -> None:
    verdict = linearizable(history)
    assert verdict.valid is legal(history)
    if verdict.valid is False:
        assert verdict.witness
        assert set(verdict.witness) <= set(history)
        assert not legal(list(verdict.witness))  # type: ignore[arg-type]


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories(kinds=(READ, WRITE), values=8, unique=True))
def test_registers_with_unique_values_are_judged_as_the_definition_does(history: list[Operation]) -> None:
    agrees(history)


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories(kinds=(READ, CAS, WRITE, CAS), values=8, unique=True))
def test_swaps_of_unique_values_are_judged_as_the_definition_does(history: list[Operation]) -> None:
    agrees(history)


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories(kinds=(READ, WRITE), values=2, unique=False))
def test_registers_with_few_values_are_judged_as_the_definition_does(history: list[Operation]) -> None:
    agrees(history)


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories(kinds=(READ, CAS, WRITE), values=1, unique=False))
def test_swaps_of_few_values_are_judged_as_the_definition_does(history: list[Operation]) -> None:
    agrees(history)
