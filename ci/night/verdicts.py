"""How scenarios, cells and whole nights end, and the exit status of each."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Verdict(StrEnum):
    """How something ended.

    `UNKNOWN` is neither: nobody can say, or it was not tried although it was asked for. `FLAKY` failed and passed in
    one night; it is as red as `FAILED`.
    """

    PASSED = "passed"
    FAILED = "failed"
    FLAKY = "flaky"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    QUARANTINED = "quarantined"

    @property
    def red(self) -> bool:
        """Whether it fails the night."""
        return self in (Verdict.FAILED, Verdict.FLAKY)


HOLDS, BROKEN, UNUSABLE, NOBODY_KNOWS = 0, 1, 2, 3
"""The exit statuses: as those of the command line."""

GRAVEST = (Verdict.FAILED, Verdict.FLAKY, Verdict.UNKNOWN, Verdict.QUARANTINED, Verdict.PASSED, Verdict.SKIPPED)
"""What outweighs what, where many are told as one. What passed outweighs what was skipped beside it."""


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """Return one verdict for many; `UNKNOWN` for none, since nothing was shown then."""
    return min(verdicts, key=GRAVEST.index, default=Verdict.UNKNOWN)


def exit_status(verdict: Verdict) -> int:
    """Return what a command ends with: a skip alone proves nothing, so nobody knows."""
    if verdict.red:
        return BROKEN
    return NOBODY_KNOWS if verdict in (Verdict.UNKNOWN, Verdict.SKIPPED) else HOLDS
