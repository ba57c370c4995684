from __future__ import annotations

from dataclasses import replace

from harness.checks.operation import OK, READ, WRITE, Operation
from harness.incident.signatures.write_signatures import WriteLost
from tests.incident.stages import stage


def test_only_a_history_tells_and_it_tells() -> None:
    written = Operation(0, "k", WRITE, "1", None, 1, 2, OK)
    assert WriteLost().look(stage()).appeared is None
    lost = replace(stage(), history=[written, Operation(0, "k", READ, None, None, 3, 4, OK)], final={"k": None})
    assert WriteLost().look(lost).appeared is True
    kept = replace(stage(), history=[written], final={"k": "1"})
    assert WriteLost().look(kept).appeared is False
