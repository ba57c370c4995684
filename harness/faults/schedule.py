"""Schedules: which fault is in force when. Values, with one text form that people write and read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.faults.fault import Fault


@dataclass(frozen=True)
class Step:
    """A fault that sets in `at` a time after the start, and is healed after `lasts`; at the end, where that is None."""

    at: timedelta
    fault: Fault
    lasts: timedelta | None = None

    def __post_init__(self) -> None:
        """Raise `ValueError` for a time before the start."""
        for name in ("at", "lasts"):
            value = getattr(self, name)
            if value is not None and value < timedelta(0):
                raise ValueError(f"{name} {value} is before the start")

    @property
    def until(self) -> timedelta | None:
        """When it is healed, after the start; None at the end."""
        return None if self.lasts is None else self.at + self.lasts


@dataclass(frozen=True)
class Schedule:
    """Steps, in the order in which they set in. `seed` is where random choices of whoever made it started."""

    steps: tuple[Step, ...]
    seed: int | None = None

    def __post_init__(self) -> None:
        """Put the steps in order."""
        object.__setattr__(self, "steps", tuple(sorted(self.steps, key=lambda step: step.at)))

    @property
    def length(self) -> timedelta:
        """How long after its start the last thing in it happens."""
        return max((step.until or step.at for step in self.steps), default=timedelta(0))

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)
