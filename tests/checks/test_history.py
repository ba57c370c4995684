from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.checks.history import explain, lines, parse
from harness.checks.operation import READ, Json, Operation
from harness.errors import SpecError
from tests.checks.simulated import Simulation

RIGHT: dict[str, Json] = {
    "process": 0,
    "key": "x",
    "op": "cas",
    "value": 1,
    "expected": None,
    "call": 5,
    "return": 9,
    "outcome": "ok",
}


def line(**other: Json) -> bytes:
    return json.dumps({**RIGHT, **other}).encode() + b"\n"


def problems(data: bytes) -> list[str]:
    with pytest.raises(SpecError) as caught:
        parse(data, "h.jsonl")
    return [str(problem) for problem in caught.value.problems]


def test_what_is_written_is_read_again() -> None:
    history = Simulation(3, keys=3, swaps=0.3, lost=0.2).history(200)
    read = parse("".join(lines(history)).encode(), "h.jsonl")
    assert [one._replace(line=0) for one in read] == history
    assert [one.line for one in read] == list(range(1, 201))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n \r\n",
        b"\xef\xbb\xbf" + line(),
        line().replace(b"\n", b"\r\n"),
        line()[:-1],
        line(node="node01", error="timed out"),
        line(value=2**64, expected=[{"a": None}]),
        line(outcome="fail"),
        line(outcome="fail", **{"return": None}),
        line(outcome="unknown", **{"return": None}),
        line(outcome="unknown") + line(call=9, **{"return": 9}),
        line(outcome="unknown", **{"return": None}) + line(call=7),
        line(call=9, **{"return": 9}) + line(),
        line(op="read", value=None),
        line(call=-5),
    ],
)
def test_what_a_client_may_write_is_read(data: bytes) -> None:
    assert len(parse(data, "h.jsonl")) == sum(bool(one.strip()) for one in data.split(b"\n"))


def test_a_read_without_a_result_needs_no_value() -> None:
    short = {name: value for name, value in RIGHT.items() if name not in {"value", "expected"}} | {"op": "read"}
    (read,) = parse(json.dumps({**short, "outcome": "fail"}).encode(), "h.jsonl")
    assert read == Operation(0, "x", READ, None, None, 5, 9, "fail", 1)
    (found,) = problems(json.dumps(short).encode())
    assert found.startswith("h.jsonl:1: field 'value' is missing, expected it for every operation but a read that ")


@pytest.mark.parametrize(
    "data,said",
    [
        (b"{", "no JSON: Expecting property name enclosed in double quotes at character 2"),
        (b"\xff", "no UTF-8 at byte 1"),
        (b"7", "7 is no operation"),
        (b'{"key": 1, "key": 2}', "field 'key' is there twice"),
        (line(value=1).replace(b": 1,", b": NaN,"), "NaN is no JSON value"),
        (line(value=1).replace(b": 1,", b": 1e999,"), "1e999 is too large a number"),
        (b"[" * 100_000, "a value is nested too deeply"),
        (line(value=1).replace(b": 1,", b": " + b"[" * 900 + b"]" * 900 + b","), "a value is nested too deeply"),
        (line(value=1).replace(b": 1,", b": " + b"9" * 5000 + b","), "a number has more than 4300 digits"),
        (line(process=True), "process: true is none, expected a whole number"),
        (line(process=1.5), "process: 1.5 is none"),
        (line(key=7), "key: 7 is none, expected a text"),
        (line(op="swap"), 'op: "swap" is none, expected read, write or cas'),
        (line(op=["read"]), 'op: ["read"] is none'),
        (line(outcome="info"), 'outcome: "info" is none, expected ok, fail or unknown'),
        (line(call="5"), 'call: "5" is none'),
        (line(call=None), "call: null is none"),
        (line(**{"return": 4}), "return 4 is before call 5"),
        (line(**{"return": None}), "an operation is ok and never returned"),
        (line(op="write", expected=3), "a write has 'expected'"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, said: str) -> None:
    (found,) = problems(line() + b"\n" + data)
    assert found.startswith(f"h.jsonl:3: {said}")


@pytest.mark.parametrize("field", sorted(RIGHT))
def test_each_field_is_needed(field: str) -> None:
    fields = {name: value for name, value in RIGHT.items() if name != field}
    (found,) = problems(json.dumps(fields).encode())
    assert found.startswith(f"h.jsonl:1: field {field!r} is missing")


def test_all_problems_are_told_at_once() -> None:
    data = line(op="swap", process="a") + b"{\n" + line(call=20, **{"return": 30}) + line(call=25, **{"return": 40})
    assert [one.split(",")[0] for one in problems(data)] == [
        'h.jsonl:1: op: "swap" is none',
        'h.jsonl:1: process: "a" is none',
        "h.jsonl:2: no JSON: Expecting property name enclosed in double quotes at character 2",
        "h.jsonl:4: process 0 calls at 25",
    ]


WORDS: st.SearchStrategy[Json] = st.sampled_from(["x", "read", "write", "cas", "ok", "fail", "unknown"])
JSON: st.SearchStrategy[Json] = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.floats(allow_nan=False, allow_infinity=False), WORDS
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(RIGHT, JSON)))
def test_a_line_is_taken_or_explained(fields: dict[str, Json]) -> None:
    data = json.dumps(RIGHT | fields).encode()
    explained = list(explain(RIGHT | fields))
    if explained:
        assert len(problems(data)) == len(explained)
    else:
        assert len(parse(data, "h")) == 1
