from __future__ import annotations

from typing import Any

import pytest

from harness.faults.power import PowerCut
from harness.incident.evidence import Evidence
from harness.incident.finding import Finding

SEEN = Evidence("journals/node01.json", "another boot", line=7)
GOOD: dict[str, Any] = {"began": 1, "ended": 2, "evidence": (SEEN,), "confidence": 0.9}


@pytest.mark.parametrize("bad", [{"confidence": 1.1}, {"confidence": -0.1}, {"ended": 0}, {"evidence": ()}])
def test_what_can_not_be_is_refused(bad: dict[str, Any]) -> None:
    Finding(PowerCut(("node01",)), **GOOD)
    with pytest.raises(ValueError, match=r"confidence|ended|without evidence"):
        Finding(PowerCut(("node01",)), **GOOD | bad)
