from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.cli import history as history_command
from harness.cli import main


def line(process: int, op: str, value: object, call: int, over: int | None, **other: object) -> str:
    fields = {"process": process, "key": "x", "op": op, "value": value, "call": call, "return": over, "outcome": "ok"}
    return json.dumps({**fields, **other}) + "\n"


GOOD = line(0, "write", "a", 0, 10) + line(1, "read", "a", 20, 30)
BAD = GOOD + line(0, "write", "b", 40, 50) + line(1, "read", "b", 52, 54) + line(1, "read", "a", 60, 70)
HARD = "".join(line(p, "write", p % 3, 0, 10**6) for p in range(40)) + "".join(
    line(100, "read", (n * n) % 3, 10 * n, 10 * n + 5) for n in range(5000)
)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return tmp_path / "history.jsonl"


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert set(found) == {"valid", "because", "operations", "keys", "witness", "seconds"}
    return found


@pytest.mark.parametrize("text,operations,keys", [("", 0, 0), ("\n", 0, 0), (GOOD, 2, 1)])
def test_a_legal_history_holds(
    text: str, operations: int, keys: int, history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    history.write_text(text)
    assert main(["history", "check", str(history), "--json"]) == 0
    found = told(capsys)
    assert (found["valid"], found["operations"], found["keys"], found["witness"]) == (True, operations, keys, [])
    assert main(["history", "check", str(history)]) == 0
    assert capsys.readouterr().out.startswith(f"linearizable: holds: {operations} operations on {keys} key")


def test_a_file_without_end_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(history_command, "LARGEST", 1000)
    assert main(["history", "check", "/dev/zero"]) == 2
    assert capsys.readouterr().err.startswith("Error: /dev/zero: longer than 1000 bytes: split it by keys")


def test_a_violation_is_shown_as_a_history_of_its_own(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history.write_text(BAD)
    assert main(["history", "check", str(history), "--json"]) == 1
    found = told(capsys)
    assert found["valid"] is False
    assert [one["line"] for one in found["witness"]] == [1, 3, 4, 5]
    history.write_text("".join(json.dumps(one) + "\n" for one in found["witness"]))
    assert main(["history", "check", str(history)]) == 1
    assert capsys.readouterr().out.splitlines()[1] == '  line 1: process 0: write "a", 0.000 to 0.000 ms, ok'


def test_times_of_any_size_are_shown(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    late = 10**400
    history.write_text(
        line(0, "write", "a", 0, 1500)
        + line(1, "read", "b", late, late + 1)
        + line(2, "write", "b", 2 * late, None, outcome="unknown")
    )
    assert main(["history", "check", str(history)]) == 1
    assert capsys.readouterr().out.splitlines()[-1].endswith("0.000 to … ms, unknown")
    history.write_text(GOOD.replace('"return": 10', '"return": 1234567') + line(5, "read", "z", 2 * 10**6, 3 * 10**6))
    assert main(["history", "check", str(history)]) == 1
    assert "0.000 to 1.000 ms, ok" in capsys.readouterr().out


def test_a_spent_budget_is_unknown(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history.write_text(HARD)
    assert main(["history", "check", str(history), "--json", "--within", "0"]) == 3
    assert told(capsys)["valid"] == "unknown"


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))
    assert main(["history", "check", "-", "--json"]) == 0
    assert told(capsys)["operations"] == 2


def test_what_can_t_be_used_is_said(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history.write_text(GOOD + "{\n" + line(5, "swap", 1, 0, 1))
    assert main(["history", "check", str(history), "--json"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert [one.rpartition("history.jsonl:")[2].partition(":")[0] for one in err.splitlines()] == ["3", "4"]


def test_a_file_of_something_else_is_refused_in_few_lines(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for lines, rest in ((10_000, "9900 more problems"), (20_000, "9901 more problems, and the rest was not read")):
        history.write_bytes(b"\x7fELF\xff\n" * lines)
        assert main(["history", "check", str(history)]) == 2
        err = capsys.readouterr().err.splitlines()
        assert len(err) < 110
        assert err[-1].endswith(f"history.jsonl: {rest}")


def test_a_file_that_is_not_there_is_said(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "check", str(history)]) == 2
    assert "history.jsonl: can't be read: No such file or directory" in capsys.readouterr().err
    assert main(["history", "check", str(history.parent)]) == 2
