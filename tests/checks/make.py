"""Operations in short: ``w(1, 2, "a")`` is a write of "a" that was called at 1 and returned at 2."""

from __future__ import annotations

from harness.checks.operation import CAS, OK, READ, WRITE, Json, Operation


def w(call: int, over: int | None, value: Json, outcome: str = OK) -> Operation:
    return Operation(0, "x", WRITE, value, None, call, over, outcome)


def r(call: int, over: int | None, value: Json, outcome: str = OK) -> Operation:
    return Operation(1, "x", READ, value, None, call, over, outcome)


def cas(call: int, over: int | None, expected: Json, value: Json, outcome: str = OK) -> Operation:
    return Operation(2, "x", CAS, value, expected, call, over, outcome)
