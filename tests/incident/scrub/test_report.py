from __future__ import annotations

import json
from collections import Counter

from harness.incident.scrub import Report
from harness.incident.unread import Unread


def test_a_report_tells_counts_and_what_was_refused() -> None:
    report = Report({"a": "b"}, Counter({"frames": 3, "secrets": 0}), (Unread("x.bin", "nobody knows what it is"),))
    assert not report.complete
    assert str(report).splitlines() == [
        "1 files scrubbed",
        "  3 frames",
        "1 refused, and not passed on:",
        "  x.bin: nobody knows what it is",
    ]
    assert json.loads(json.dumps(report.to_json()))["refused"] == [
        {"file": "x.bin", "line": None, "why": "nobody knows what it is"}
    ]
    assert Report({}).complete
