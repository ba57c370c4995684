"""What was seen in an incident and is worth telling, though no fault of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.incident.evidence import Evidence


@dataclass(frozen=True)
class Observation:
    """Something that happened, such as a reboot in good order: told to people, and no part of a schedule.

    `began` and `ended` are nanoseconds since 1970 on the incident's reference clock, equal where it took no time. `who`
    is the machine, client or server that it is about.
    """

    what: str
    who: str
    began: int
    ended: int
    evidence: tuple[Evidence, ...]

    def __post_init__(self) -> None:
        """Raise `ValueError` for an end before the beginning, and without evidence."""
        if self.ended < self.began:
            raise ValueError(f"ended at {self.ended}, before it began at {self.began}")
        if not self.evidence:
            raise ValueError("an observation without evidence is an invention")

    def __str__(self) -> str:
        return f"{self.who}: {self.what} ({self.evidence[0]})"
