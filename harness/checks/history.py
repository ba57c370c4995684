"""Histories as files: a JSON object a line for each operation, in any order.

A reader wants to know of everything that is wrong at once, so problems are gathered; but almost every line is right, so
a line is first taken as it is, and only explained when that fails.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, NoReturn

from harness.checks.operation import CAS, KINDS, OK, OUTCOMES, READ, UNKNOWN, Operation, identity, shown
from harness.checks.overlaps import overlaps
from harness.errors import Problem, SpecError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.checks.operation import Json

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
SPACE = b" \t\r\n"
CONTAINERS = frozenset({list, dict})
MOST_PROBLEMS = 10_000
"""Reading ends after so many: no history has them, and each takes far more memory than a line."""
ALWAYS = ("process", "key", "op", "call", "return", "outcome")
AN_OBJECT = "a JSON object for each line"


def parse(data: bytes, name: str) -> list[Operation]:
    """Return the operations of a history file, in its order; `name` is the file's for messages.

    Each line is an object with `process`, `key`, `op`, `value`, `expected`, `call`, `return` and `outcome`. `expected`
    may be left out for what is no `cas`, and `value` for a read that did not succeed. Other fields are passed over, and
    so are empty lines. Raises `SpecError` with every problem of the file, or the first `MOST_PROBLEMS` and a few.
    """
    operations: list[Operation] = []
    problems: list[Problem] = []
    decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_float)
    for number, line in enumerate(data.removeprefix(BYTE_ORDER_MARK).split(b"\n"), 1):
        if len(problems) > MOST_PROBLEMS:
            break
        if not (text := line.strip(SPACE)):
            continue
        try:
            fields = decoder.decode(text.decode())
            operation = _taken(fields, number)
        except (ValueError, RecursionError) as error:
            problems.append(Problem(name, number, _unreadable(error), AN_OBJECT))
            continue
        if operation is None:
            problems += [Problem(name, number, *found) for found in explain(fields)]
        else:
            operations.append(operation)
    problems += overlaps(operations, name)
    if problems:
        raise SpecError(problems)
    return operations


def lines(operations: Iterable[Operation]) -> Iterator[str]:
    """Yield the operations as lines of a history file, each with its line feed."""
    for operation in operations:
        yield json.dumps(operation._replace(line=0).to_json()) + "\n"


def explain(fields: Json) -> Iterator[tuple[str, str]]:
    """Yield everything that is wrong with one line's value, as what it is and what was expected."""
    if not isinstance(fields, dict):
        yield f"{shown(fields)} is no operation", AN_OBJECT
        return
    yield from _missing(fields)
    for field, right, expected in (
        ("process", _whole, "a whole number"),
        ("key", lambda value: isinstance(value, str), "a text"),
        ("op", lambda value: value in tuple(KINDS), "read, write or cas"),
        ("outcome", lambda value: value in tuple(OUTCOMES), "ok, fail or unknown"),
        ("call", _whole, "a whole number of nanoseconds"),
        ("return", lambda value: value is None or _whole(value), "a whole number of nanoseconds, or null"),
    ):
        if field in fields and not right(fields[field]):
            yield f"{field}: {shown(fields[field])} is none", expected
    yield from _contradictions(fields)


def _taken(fields: Json, line: int) -> Operation | None:
    """Return the operation that a line says, None where anything about it is wrong."""
    if not isinstance(fields, dict):
        return None
    get = fields.get
    process, key, op, call, returned, outcome = (
        get("process"),
        get("key"),
        get("op"),
        get("call"),
        get("return", ""),
        get("outcome"),
    )
    value, expected = get("value"), get("expected")
    right = (
        type(process) is int
        and type(key) is str
        and type(call) is int
        and (type(returned) is int and returned >= call if returned is not None else outcome != OK)
        and type(op) is str
        and op in KINDS
        and type(outcome) is str
        and outcome in OUTCOMES
        and (expected is None if op != CAS else "expected" in fields)
        and ("value" in fields or (op == READ and outcome != OK))
    )
    if type(value) in CONTAINERS or type(expected) in CONTAINERS:
        identity([value, expected])  # so that it is found out here if they are nested too deeply
    return Operation(process, key, op, value, expected, call, returned, outcome, line) if right else None  # type: ignore[arg-type]


def _missing(fields: dict[str, Json]) -> Iterator[tuple[str, str]]:
    for field in ALWAYS:
        if field not in fields:
            yield f"field {field!r} is missing", "it for every operation"
    if "value" not in fields and (fields.get("op") != READ or fields.get("outcome") == OK):
        yield "field 'value' is missing", "it for every operation but a read that did not succeed; null for absent"
    if "expected" not in fields and fields.get("op") == CAS:
        yield "field 'expected' is missing", "it for every cas; null for absent"


def _contradictions(fields: dict[str, Json]) -> Iterator[tuple[str, str]]:
    call, returned = fields.get("call"), fields.get("return", "")
    if isinstance(call, int) and isinstance(returned, int) and returned < call:
        yield f"return {returned} is before call {call}", "a time at or after it"
    if returned is None and fields.get("outcome") == OK:
        yield "an operation is ok and never returned", f"the time of its return, or the outcome {UNKNOWN!r}"
    if fields.get("expected") is not None and fields.get("op") in ("read", "write"):
        yield f"a {fields['op']} has 'expected'", "it for a cas alone"


def _whole(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"field {twice!r} is there twice")
    return made


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON value")


def _float(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise ValueError(f"{text} is too large a number")
    return number


def _unreadable(error: ValueError | RecursionError) -> str:
    match error:
        case RecursionError():
            return "a value is nested too deeply"
        case json.JSONDecodeError():
            return f"no JSON: {error.msg} at character {error.pos + 1}"
        case UnicodeDecodeError():
            return f"no UTF-8 at byte {error.start + 1}"
    if str(error).startswith("Exceeds the limit"):  # int()'s, which speaks of Python
        return f"a number has more than {sys.get_int_max_str_digits()} digits"
    return str(error)
