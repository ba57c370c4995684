from __future__ import annotations

from harness.checks.minorities import nothing_acknowledged
from harness.checks.operation import FAIL, UNKNOWN
from tests.checks.make import r, w


def test_refusals_and_silence_are_right() -> None:
    history = [w(11, 12, "a", FAIL), w(13, None, "b", UNKNOWN), r(14, 15, None, FAIL)]
    assert nothing_acknowledged(history, {0, 1}, 10, 20).valid is True


def test_an_acknowledged_write_and_a_read_are_wrong() -> None:
    for served in (w(11, 12, "a"), r(11, 12, "a")):
        verdict = nothing_acknowledged([served], {0, 1}, 10, 20)
        assert (verdict.valid, verdict.witness) == (False, (served,))


def test_what_began_before_ended_after_or_was_asked_elsewhere_is_not_its_own() -> None:
    refused = w(12, 13, "c", FAIL)
    history = [w(9, 12, "a"), w(19, 21, "b"), r(11, 12, "a"), refused]
    assert nothing_acknowledged(history, {0}, 10, 20).valid is True


def test_where_nobody_asked_nobody_knows() -> None:
    assert nothing_acknowledged([w(1, 2, "a")], {0}, 10, 20).valid is None
    assert nothing_acknowledged([r(11, 12, "a")], {0}, 10, 20).valid is None
