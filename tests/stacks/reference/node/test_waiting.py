from __future__ import annotations

import pytest

from harness.stacks.reference.node import waiting
from harness.stacks.reference.node.waiting import StepError, wait_for


def test_what_is_true_already_is_not_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    wait_for("nothing", lambda: None, seconds=0)
    assert capsys.readouterr().out == ""


def test_a_new_complaint_is_said_once(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "INTERVAL", 0.001)
    complaints = iter(["refused", "refused", "no quorum", None])
    wait_for("chainfire to be healthy", lambda: next(complaints), seconds=10)
    assert capsys.readouterr().out.splitlines() == [
        "waiting for chainfire to be healthy: refused",
        "waiting for chainfire to be healthy: no quorum",
    ]


def test_in_the_end_the_last_complaint_is_the_reason() -> None:
    with pytest.raises(StepError, match="waited 0 s for the moon: too far"):
        wait_for("the moon", lambda: "too far", seconds=0)
