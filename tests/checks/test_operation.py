from __future__ import annotations

import pytest

from harness.checks.operation import FAIL, Json, identity, shown
from tests.checks.make import cas, r, w


@pytest.mark.parametrize(
    "one,other,same",
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ("1", 1, False),
        (2**53, 2**53 + 1, False),
        ([1, {"a": 2}], [1.0, {"a": 2.0}], True),
        ([True], [1], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({}, [], False),
        (None, False, False),
    ],
)
def test_values_are_equal_as_json(one: Json, other: Json, *, same: bool) -> None:
    assert (identity(one) == identity(other)) is same


def test_an_operation_knows_whether_it_writes() -> None:
    assert w(0, 1, 1).writes
    assert cas(0, 1, 1, 2, FAIL).writes
    assert not r(0, 1, 1).writes


def test_its_line_is_told_where_it_has_one() -> None:
    assert "line" not in w(0, 1, 1).to_json()
    assert w(0, 1, 1)._replace(line=7).to_json() == {
        "process": 0,
        "key": "x",
        "op": "write",
        "value": 1,
        "expected": None,
        "call": 0,
        "return": 1,
        "outcome": "ok",
        "line": 7,
    }


def test_long_values_are_cut() -> None:
    assert shown("a" * 100) == '"' + "a" * 36 + "..."
