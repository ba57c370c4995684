"""What is inferred from an incident: a fault, when it was in force, and what shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.faults.fault import Fault
    from harness.incident.evidence import Evidence


@dataclass(frozen=True)
class Finding:
    """A fault that explains what was seen.

    `began` and `ended` are nanoseconds since 1970 on the incident's reference clock; `ended` is None where the fault
    was still in force when the evidence ends, or where it has no end by its nature. `confidence` is from 0 to 1: what
    is below 0.5 is told to people, and is no part of the schedule.
    """

    fault: Fault
    began: int
    ended: int | None
    evidence: tuple[Evidence, ...]
    confidence: float

    def __post_init__(self) -> None:
        """Raise `ValueError` for a confidence that is none, for an end before the beginning, and without evidence."""
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"confidence {self.confidence} is not within 0 and 1")
        if self.ended is not None and self.ended < self.began:
            raise ValueError(f"ended at {self.ended}, before it began at {self.began}")
        if not self.evidence:
            raise ValueError("a finding without evidence is an invention")
