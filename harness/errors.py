"""What can go wrong, by whose fault it is: the input's, the host's, the lab's, the system under test's, or our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta
    from pathlib import Path


class HarnessError(Exception):
    """The root of everything that the harness raises on purpose."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong with an input file, at a line that an editor can jump to (lines count from 1)."""

    file: str
    line: int
    message: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}, expected {self.expected}"


class SpecError(HarnessError):
    """An input file can't be used. Carries every problem found in it, in the order of their lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True)
class Missing:
    """One thing that the host lacks, and the command or setting that mends it."""

    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what}: {self.remedy}"


class HostError(HarnessError):
    """This host can't do what was asked. Carries everything that is missing, each with its remedy."""

    def __init__(self, *missing: Missing) -> None:
        self.missing = missing
        super().__init__("\n".join(str(one) for one in missing))


class LabError(HarnessError):
    """A part of the lab failed: which machine, in which phase, what its console said last, where the evidence is."""

    def __init__(
        self,
        message: str,
        *,
        machine: str | None = None,
        phase: str | None = None,
        console: Sequence[str] = (),
        evidence: Path | None = None,
    ) -> None:
        self.machine = machine
        self.phase = phase
        self.console = tuple(console)
        self.evidence = evidence
        where = ", ".join(part for part in (machine, phase and f"phase {phase}") if part)
        lines = [f"{where}: {message}" if where else message]
        if self.console:
            lines += ["last console lines:", *(f"  {line}" for line in self.console)]
        if evidence is not None:
            lines.append(f"evidence: {evidence}")
        super().__init__("\n".join(lines))


class ScenarioFailure(HarnessError, AssertionError):  # noqa: N818 - the rehearsed system failed, not the harness
    """What a scenario expected did not come: what it was, what was seen last, how long was waited."""

    def __init__(self, expected: str, *, seen: object = None, waited: timedelta | None = None) -> None:
        self.expected = expected
        self.seen = seen
        self.waited = waited
        parts = [f"expected {expected}"]
        if waited is not None:
            parts.append(f"waited {format_duration(waited)}")
        parts.append(f"last seen: {seen!r}")
        super().__init__("; ".join(parts))


class Inconclusive(HarnessError):  # noqa: N818 - nothing went wrong: nobody can say
    """What a scenario expected can be neither confirmed nor refuted: what it was, and why nobody can say."""

    def __init__(self, expected: str, reasons: Sequence[str]) -> None:
        self.expected = expected
        self.reasons = tuple(reasons)
        lines = [f"nobody can say whether this holds: {expected}", *(f"  {reason}" for reason in reasons)]
        super().__init__("\n".join(lines))


class HarnessBug(HarnessError):  # noqa: N818 - the name says whose fault it is
    """The harness broke a promise of its own; please report it with the evidence."""
