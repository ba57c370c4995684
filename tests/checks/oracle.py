"""The definition of linearizability, word for word: every order is tried."""

from __future__ import annotations

from harness.checks.operation import CAS, FAIL, OK, READ, Operation, identity


def legal(history: list[Operation]) -> bool:
    """Return whether one order of some of a key's operations explains the history."""
    rest = tuple(one for one in history if one.outcome != FAIL and (one.op != READ or one.outcome == OK))
    return _legal(rest, None)


def _legal(rest: tuple[Operation, ...], value: object) -> bool:
    if not any(one.outcome == OK for one in rest):
        return True
    return any(
        _takes(one, value) and _legal(_without(rest, one), _after(one, value)) for one in rest if _first(one, rest)
    )


def _first(one: Operation, rest: tuple[Operation, ...]) -> bool:
    return not any(o.outcome == OK and o.returned is not None and o.returned < one.call for o in rest if o is not one)


def _takes(one: Operation, value: object) -> bool:
    if one.op == READ:
        return identity(one.value) == value
    return one.op != CAS or identity(one.expected) == value


def _after(one: Operation, value: object) -> object:
    return value if one.op == READ else identity(one.value)


def _without(rest: tuple[Operation, ...], gone: Operation) -> tuple[Operation, ...]:
    return tuple(one for one in rest if one is not gone)
