"""`harness history`: judge what clients of a store recorded."""

from __future__ import annotations

import contextlib
import gc
import json
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

from harness.checks.history import MOST_PROBLEMS, parse
from harness.checks.linearizability import by_key, linearizable
from harness.checks.operation import Operation, shown
from harness.checks.registers.search import Budget
from harness.cli.seconds import Seconds
from harness.errors import SpecError
from harness.units import MiB

if TYPE_CHECKING:
    from harness.checks.verdict import Verdict

SHOWN_PROBLEMS = 100
SHOWN_OPERATIONS = 40
SECONDS = 60.0
LARGEST = 256 * MiB
"""About 1.7 million operations; what is much longer would fill the host's memory before anything is judged."""


@click.group()
def command() -> None:
    """Judge what clients of a store recorded."""


@command.command(short_help="Say whether a history is linearizable.")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True, readable=False), metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--within",
    type=Seconds(or_none=True),
    default=SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="Say unknown when a search takes longer.",
)
@click.pass_context
def check(context: click.Context, file: Path, *, as_json: bool, within: float) -> None:
    """Say whether the history in FILE (`-` for standard input) is linearizable.

    FILE has a JSON object a line: process, key, op, value, expected, call, return, outcome. Exit with 0 when it is, 1
    when it is not, 2 when FILE can't be used, 3 when nobody knows.
    """
    operations = _read(file)
    started = perf_counter()
    verdict = linearizable(operations, Budget(seconds=within))
    seconds = perf_counter() - started
    keys = len(by_key(operations))
    click.echo(_json(verdict, len(operations), keys, seconds) if as_json else _text(verdict, seconds))
    context.exit(verdict.exit_status)


def _read(file: Path) -> list[Operation]:
    """Return a file's operations. Raises `SpecError`, with no more problems than can be read."""
    gc.disable()  # a long history is many small values and no garbage: looking for some takes longer than reading
    try:
        with contextlib.nullcontext(sys.stdin.buffer) if str(file) == "-" else file.open("rb") as stream:
            data = stream.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise click.UsageError(f"{file}: longer than {LARGEST} bytes: split it by keys, each is judged by itself")
        return parse(data, str(file))
    except OSError as error:
        raise click.UsageError(f"{file}: can't be read: {error.strerror}") from None
    except SpecError as unusable:
        if len(unusable.problems) <= SHOWN_PROBLEMS:
            raise
        for problem in unusable.problems[:SHOWN_PROBLEMS]:
            click.echo(str(problem), err=True)
        more = f"{len(unusable.problems) - SHOWN_PROBLEMS} more problems"
        rest = ", and the rest was not read" if len(unusable.problems) > MOST_PROBLEMS else ""
        raise click.UsageError(f"{file}: {more}{rest}") from None
    finally:
        gc.enable()


def _json(verdict: Verdict, operations: int, keys: int, seconds: float) -> str:
    witness = [one.to_json() for one in verdict.witness if isinstance(one, Operation)]
    return json.dumps(
        {
            "valid": "unknown" if verdict.valid is None else verdict.valid,
            "because": verdict.because,
            "operations": operations,
            "keys": keys,
            "witness": witness,
            "seconds": round(seconds, 6),
        }
    )


def _text(verdict: Verdict, seconds: float) -> str:
    ops = [one for one in verdict.witness if isinstance(one, Operation)]
    since = min((one.call for one in ops), default=0)
    left_out = len(ops) - SHOWN_OPERATIONS
    before = [f"  the last {SHOWN_OPERATIONS} of {len(ops)} operations:"] if left_out > 0 else []
    shown_ops = ops[max(0, left_out) :]
    return "\n".join([f"{verdict} ({seconds:.2f} s)", *before, *(_line(one, since) for one in shown_ops)])


def _line(one: Operation, since: int) -> str:
    """Return an operation for people, its times in milliseconds since the first one's call."""
    what = f"{shown(one.expected)} -> {shown(one.value)}" if one.op == "cas" else shown(one.value)
    call = _milliseconds(one.call - since)
    over = "…" if one.returned is None else _milliseconds(one.returned - since)
    return f"  line {one.line}: process {one.process}: {one.op} {what}, {call} to {over} ms, {one.outcome}"


def _milliseconds(nanoseconds: int) -> str:
    """Return a span with three digits after the point, however large it is."""
    whole, rest = divmod((nanoseconds + 500) // 1000, 1000)
    return f"{whole}.{rest:03}"
