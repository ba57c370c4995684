"""What is known of a scenario that ran, and of a cell's run. Pure values."""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from night.verdicts import Verdict, together

if TYPE_CHECKING:
    from collections.abc import Mapping

CELL = "(the cell)"
"""The scenario by whose name a cell's own troubles go: a run that died, or nothing that ran."""


@dataclass(frozen=True)
class Hits:
    """In how many of so many runs a signature came back."""

    signature: str
    hits: int
    runs: int

    @property
    def rate(self) -> float:
        """The share, from 0 to 1."""
        return self.hits / self.runs


@dataclass(frozen=True)
class Outcome:
    """How a scenario ended: its node id (``scenarios/test_wan.py::test_it[slow]``), why, and what JUnit says of it.

    `phases` has how long each took, `details` all that pytest said of a failure. `issue` is the link of the quarantine
    that it is in, where it is in one, and `was` the verdict that it would have without.
    """

    scenario: str
    verdict: Verdict
    because: str = ""
    took: timedelta = timedelta()
    phases: Mapping[str, timedelta] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    hits: Hits | None = None
    issue: str = ""
    was: Verdict | None = None
    details: str = ""

    @property
    def patience(self) -> float:
        """How many times slower than a healthy KVM host it was there: at least 1."""
        try:
            patience = float(self.properties.get("patience", "1"))
        except ValueError:
            return 1.0
        return max(1.0, patience) if math.isfinite(patience) else 1.0

    @property
    def evidence(self) -> str:
        """The folder of its lab, nothing where there was none."""
        return self.properties.get("evidence", "")


@dataclass(frozen=True)
class Conditions:
    """Under what a night runs: the commit, and on which host."""

    commit: str
    host: str


@dataclass(frozen=True)
class CellRun:
    """One run of a cell: when (seconds since 1970, UTC), how long, and how each of its scenarios ended."""

    cell: str
    conditions: Conditions
    started: float
    took: timedelta
    outcomes: tuple[Outcome, ...]
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def verdict(self) -> Verdict:
        """How it ended, of all scenarios together."""
        return together(outcome.verdict for outcome in self.outcomes)

    @property
    def not_run(self) -> str:
        """Why none of its scenarios was even begun, nothing where they were."""
        return self.outcomes[0].because if not self.took and self.outcomes else ""

    @property
    def patience(self) -> float:
        """The largest of its scenarios'."""
        return max((outcome.patience for outcome in self.outcomes), default=1.0)
