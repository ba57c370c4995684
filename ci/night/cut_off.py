"""What scenarios had ended when pytest was killed before it wrote JUnit XML: the run's evidence has a line for each."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from night import junit
from night.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from night.outcome import Outcome

FILE = "scenarios.jsonl"
"""As `harness.plugin.properties` calls it."""


def read(evidence: Path) -> list[Outcome]:
    """Return how the scenarios of the newest run ended; none where it left nothing. A line that was cut off is none."""
    files = sorted(path for path in evidence.glob(f"*/{FILE}") if not path.parent.is_symlink())
    return list(_outcomes(files[-1].read_text(errors="replace"))) if files else []


def _outcomes(text: str) -> Iterator[Outcome]:
    for line in text.splitlines():
        try:
            told = json.loads(line)
            scenario, verdict = str(told.pop("scenario")), Verdict(told[junit.VERDICT])
        except (ValueError, LookupError, TypeError, AttributeError):
            continue
        properties = {name: str(value) for name, value in told.items()}
        took = timedelta(seconds=junit.number(properties.get(f"{junit.PHASE}scenario")))
        yield junit.outcome_of(scenario, verdict, properties.get(junit.BECAUSE, ""), took, properties)
