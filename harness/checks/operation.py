"""What a client did: one value per operation, with when it was called, when it returned, and what became of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Hashable

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

READ, WRITE, CAS = "read", "write", "cas"
OK, FAIL, UNKNOWN = "ok", "fail", "unknown"
KINDS = frozenset({READ, WRITE, CAS})
WIDTH = 40
OUTCOMES = frozenset({OK, FAIL, UNKNOWN})


class Operation(NamedTuple):
    """An operation of a client on one key.

    `process` is who: a process does one thing at a time. `op` is ``read``, ``write`` or ``cas`` (compare and swap).
    `value` is what a read returned, or what is written; None for a key that is absent. `expected` is what a `cas`
    found before it wrote. `call` and `returned` are nanoseconds of one monotonic clock; `returned` is None where no
    answer came. `outcome` is ``ok`` (it happened), ``fail`` (it did not happen and never will) or ``unknown``. `line`
    is where it stands in its file, 0 for one that comes from none.
    """

    process: int
    key: str
    op: str
    value: Json
    expected: Json
    call: int
    returned: int | None
    outcome: str
    line: int = 0

    @property
    def writes(self) -> bool:
        """Whether it changes the key, if it happens."""
        return self.op != READ

    def to_json(self) -> dict[str, Json]:
        """Return it with the names that a history file has."""
        fields: dict[str, Json] = {
            "process": self.process,
            "key": self.key,
            "op": self.op,
            "value": self.value,
            "expected": self.expected,
            "call": self.call,
            "return": self.returned,
            "outcome": self.outcome,
        }
        return fields | ({"line": self.line} if self.line else {})


def identity(value: Json) -> Hashable:
    """Return what two JSON values have in common exactly when they are equal.

    Numbers are equal by their value (1 and 1.0), and true is not 1. Raises `RecursionError` for a value that is nested
    some hundred times.
    """
    if isinstance(value, bool):
        return (bool, value)
    if isinstance(value, list):
        return (list, tuple(identity(one) for one in value))
    if isinstance(value, dict):
        return (dict, frozenset((name, identity(one)) for name, one in value.items()))
    return value


def shown(value: Json) -> str:
    """Return a value as JSON, cut where it would not fit into a line."""
    text = json.dumps(value)
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 3]}..."
