from __future__ import annotations

import pytest

from harness.checks.operation import UNKNOWN, Operation
from harness.checks.overlaps import overlaps
from tests.checks.make import w

LONG, WITHIN, AFTER = w(0, 10, 1), w(3, 4, 2), w(10, 12, 3)


@pytest.mark.parametrize(
    "history,count",
    [
        ([LONG, AFTER], 0),
        ([AFTER, LONG], 0),
        ([LONG, WITHIN], 1),
        ([WITHIN, LONG], 1),
        ([LONG, WITHIN, w(5, 6, 4)], 2),
        ([LONG, WITHIN._replace(process=5)], 0),
        ([w(0, None, 1, UNKNOWN), WITHIN], 0),
        ([w(3, None, 1, UNKNOWN), LONG], 1),
        ([w(5, 5, 1), w(5, 5, 2), w(5, 6, 3)], 0),
        ([w(5, 6, 1), w(5, 5, 2)], 0),
    ],
)
def test_a_process_does_one_thing_at_a_time(history: list[Operation], count: int) -> None:
    numbered = [one._replace(line=line) for line, one in enumerate(history, 1)]
    assert len(list(overlaps(numbered, "h"))) == count


def test_both_lines_are_named() -> None:
    (found,) = overlaps([LONG._replace(line=1), WITHIN._replace(line=2)], "h.jsonl")
    assert str(found) == (
        "h.jsonl:2: process 0 calls at 3, while its operation of line 1 returns at 10, expected one operation at a time"
    )
