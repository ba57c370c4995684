from __future__ import annotations

import json
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import pytest

from harness.incident.replay.adapting import Adapted
from harness.incident.replay.comparison import Answer, Comparison, Difference, Outcome, Step, compare

if TYPE_CHECKING:
    from harness.capture.protocols.dhcp_fields import Value

EQUAL = Answer("OFFER", 2, Outcome.EQUAL, (Difference("date", "then", "now", "the time of the answer"),))
DIFFERS = Answer("OFFER", 2, Outcome.DIFFERS, (Difference("lease", 1, 2),))
MISSING = Answer("OFFER", 2, Outcome.MISSING)
EXTRA = Answer("OFFER", None, Outcome.EXTRA)
EXCUSED = Answer("OFFER", None, Outcome.EXTRA, excuse="asked again")
UNREADABLE = Answer("OFFER", 2, Outcome.UNREADABLE, excuse="cut")


def comparison(*answers: tuple[Answer, ...]) -> Comparison:
    steps = tuple(Step("DHCP", 1 + at, "DISCOVER", some) for at, some in enumerate(answers))
    return Comparison("x.pcap", "52:54:00:00:01:01", steps, ("frame 9: cut",))


@pytest.mark.parametrize(
    "answers,valid,status",
    [
        ([(EQUAL,)], True, 0),
        ([(EQUAL,), ()], True, 0),
        ([(EQUAL, EXCUSED)], True, 0),
        ([(EQUAL,), (DIFFERS,)], False, 1),
        ([(EQUAL,), (MISSING,)], False, 1),
        ([(EXTRA,)], False, 1),
        ([(MISSING,), (MISSING,)], None, 3),
        ([(UNREADABLE,), (EQUAL,)], None, 3),
        ([(UNREADABLE,), (DIFFERS,)], False, 1),
        ([()], True, 0),
    ],
)
def test_a_comparison_s_verdict(answers: list[tuple[Answer, ...]], valid: bool | None, status: int) -> None:  # noqa: FBT001
    verdict = comparison(*answers).verdict
    assert (verdict.valid, verdict.exit_status) == (valid, status)


def test_the_verdict_says_where_it_first_differs() -> None:
    assert str(comparison((EQUAL,), (DIFFERS,), (MISSING,)).verdict) == (
        "replay of 52:54:00:00:01:01: does not hold: frame 2, DHCP DISCOVER: differs (and 1 more like it)"
    )


def test_the_text_has_each_step_and_each_difference() -> None:
    step = Step("DHCP", 3, "REQUEST", (DIFFERS, MISSING), (Adapted("option 54", "a", "b"),))
    text = str(Comparison("x.pcap", "m", (step,), ("frame 9: cut",)))
    assert text.splitlines()[1:] == [
        "  frame 3      DHCP REQUEST                  missing",
        "      adapted: option 54: a recorded, b sent: as the boot server says now",
        "      lease: 1 recorded, 2 now",
        "      missing: OFFER",
        "  frame 9: cut",
    ]


def test_the_json_is_plain() -> None:
    found = json.loads(json.dumps(comparison((EQUAL, DIFFERS, EXTRA)).to_json()))
    assert (found["equal"], found["client"], len(found["steps"][0]["answers"])) == (False, "52:54:00:00:01:01", 3)
    assert found["steps"][0]["answers"][1]["differences"] == [
        {"field": "lease", "recorded": 1, "now": 2, "excuse": ""}
    ]  # fmt: skip


def test_fields_are_compared_by_name() -> None:
    then: dict[str, Value] = {"a": 1, "b": IPv4Address("1.1.1.1"), "gone": "x"}
    now: dict[str, Value] = {"a": 1, "b": IPv4Address("1.1.1.2"), "new": "y"}
    assert [str(one) for one in compare(then, now)] == [
        "b: 1.1.1.1 recorded, 1.1.1.2 now",
        "gone: x recorded, nothing now",
        "new: nothing recorded, y now",
    ]


def test_content_is_compared_as_far_as_it_was_captured_and_options_wholly() -> None:
    assert compare({"content": b"abc"}, {"content": b"abcdef"}) == ()
    assert len(compare({"content": b"abX"}, {"content": b"abcdef"})) == 1
    assert len(compare({"option 224": b""}, {"option 224": b"x"})) == 1


def test_long_and_odd_values_are_shown_short() -> None:
    assert str(Difference("x", b"\0\1", b"text")) == "x: 0001 recorded, 'text' now"
    assert len(str(Difference("x", "y" * 1000, None))) < 120
