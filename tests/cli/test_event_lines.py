from __future__ import annotations

import io
import json
from collections import Counter

import pytest

from harness.capture.decoding import Decoding, merged
from harness.cli.event_lines import JsonLines, Table, absolute, totals
from tests.capture.test_decoding import written


def captures(*shifts: int) -> list[Decoding]:
    return [Decoding(io.BytesIO(written(shift)), f"file{shift}", protocols=["http", "dhcp"]) for shift in shifts]


def test_times_are_those_since_the_first_frame_of_all_files() -> None:
    table = Table(captures(3 * 10**9, 0), "relative")
    lines = [table.line(capture, event) for capture, event in merged(table.captures)]
    assert [line.split()[0] for line in lines[:2]] == ["0.003000000", "0.004000000"]
    assert lines[4].split()[:2] == ["3.003000000", "file3000000000:4"]


def test_columns_grow_where_they_have_to() -> None:
    (capture,) = [Decoding(io.BytesIO(written(link="a-link-with-a-long-name")), "f", protocols=["http", "dhcp"])]
    table = Table([capture], "epoch")
    lines = [table.line(capture, event) for capture, event in merged(table.captures)]
    assert len({line.index(" > ") for line in lines[:1]}) == 1
    assert "a-link-with-a-long-name  192.168.100.11:50000 > " in lines[0]
    assert table.summary() == "6 frames, 3 events (3 http), 1 malformed, 0 gaps\n"


def test_objects_name_their_file_where_there_are_several() -> None:
    lines = JsonLines(captures(0, 5))
    told = [json.loads(lines.line(capture, event)) for capture, event in merged(lines.captures)]
    assert {one["capture"] for one in told} == {"file0", "file5"}
    assert json.loads(lines.summary()) == {
        "summary": {"frames": 12, "events": {"http": 6}, "malformed": 2, "gaps": 0, "notes": []}
    }


def test_totals_are_sums() -> None:
    some = captures(0, 1)
    assert len(list(merged(some))) == 8
    assert totals(some) == (12, Counter(http=6), 2, 0)


@pytest.mark.parametrize(
    "time, text",
    [
        (1_700_000_000_123_456_789, "2023-11-14T22:13:20.123456789Z"),
        (0, "1970-01-01T00:00:00.000000000Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (10**30, "1000000000000000000000.000000000"),
        (-(10**30), "-1000000000000000000000.000000000"),
    ],
)
def test_a_time_without_a_date_is_told_in_seconds(time: int, text: str) -> None:
    assert absolute(time) == text
