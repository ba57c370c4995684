"""What was inferred from an incident, in words and as plain values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from harness.faults import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.incident.diagnosis.diagnosis import Diagnosis
    from harness.incident.finding import Finding
    from harness.incident.record import Record
    from harness.incident.replay.boot_dialogue import Booted
    from harness.incident.signatures.signature import Sighting, Signature
    from harness.incident.unread import Unread

SHOWN = 8
"""So much evidence of a finding is told to people; JSON has all of it."""


@dataclass(frozen=True)
class Told:
    """All that is known of an incident. `seen` are the signatures that it shows, the most telling first.

    `booted` is the machine that booted in vain, where the boot server failed, and what it said. `given` says that the
    topology was given, and not inferred.
    """

    record: Record
    diagnosis: Diagnosis
    seen: Sequence[tuple[Signature, Sighting]] = ()
    unread: Sequence[Unread] = ()
    booted: Booted | None = None
    untold: Sequence[str] = ()
    """What nobody can tell by this evidence, in words."""
    given: bool = False

    @property
    def decided(self) -> bool:
        """Say whether there is a schedule."""
        return bool(self.diagnosis.findings)

    @property
    def title(self) -> str:
        """The incident in a line."""
        findings = self.diagnosis.findings
        if not findings and self.seen:
            what = ", ".join(one.name for one, _ in self.seen)
            return f"Seen, and no fault that the evidence decides explains it: {what}."
        if not findings:
            return "Nothing that the evidence decides."
        what = "; then ".join(words.describe(one.fault) for one in findings)
        return f"What was seen on {moment(findings[0].began)[:19]}Z, again: {what}."


def moment(nanoseconds: int) -> str:
    """Return a moment (nanoseconds since 1970) as ISO 8601 has it, UTC, in milliseconds."""
    whole, rest = divmod(nanoseconds, 10**9)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 10**6:03d}Z"


def as_json(told: Told) -> dict[str, object]:
    """Return everything as plain values."""
    diagnosis = told.diagnosis
    return {
        "decided": told.decided,
        "start": {"ns": diagnosis.start, "iso": moment(diagnosis.start)},
        "schedule": words.write(diagnosis.schedule),
        "findings": [_finding(one, diagnosis.start) for one in diagnosis.findings],
        "doubtful": [_finding(one, diagnosis.start) for one in diagnosis.doubtful],
        "explained": [
            {**_finding(one.finding, diagnosis.start), "cause": words.describe(one.cause.fault)}
            for one in diagnosis.explained
        ],
        "signature": told.seen[0][0].name if told.seen else None,
        "signatures": [
            {"name": one.name, "because": seen.because, "evidence": [_evidence(each) for each in seen.evidence]}
            for one, seen in told.seen
        ],
        "untold": list(told.untold),
        "notes": list(diagnosis.notes),
        "unread": [str(one) for one in told.unread],
        "clocks": {"uncertainty_ns": told.record.uncertainty, "notes": list(told.record.notes)},
        "began": {"ns": told.record.began, "iso": moment(told.record.began)},
        "ended": {"ns": told.record.ended, "iso": moment(told.record.ended)},
    }


def _finding(one: Finding, start: int) -> dict[str, object]:
    return {
        "fault": words.describe(one.fault),
        "kind": one.fault.word,
        "targets": targets(one),
        "began": _time(one.began, start),
        "ended": None if one.ended is None else _time(one.ended, start),
        "confidence": round(one.confidence, 3),
        "evidence": [_evidence(each) for each in one.evidence],
    }


def targets(one: Finding) -> list[str]:
    """Return the names that a fault is done to."""
    groups = (value for value in vars(one.fault).values() if isinstance(value, tuple))
    return [name for group in groups for name in group]


def _time(nanoseconds: int, start: int) -> dict[str, object]:
    return {"ns": nanoseconds, "iso": moment(nanoseconds), "seconds": round((nanoseconds - start) / 10**9, 6)}


def _evidence(each: object) -> dict[str, object]:
    return {name: value for name, value in vars(each).items() if value is not None}


def lines(told: Told) -> Iterator[str]:
    """Yield everything for people to read on a screen."""
    yield told.title
    for one in told.diagnosis.findings:
        yield f"  {words.describe(one.fault)}: {span(one)}, confidence {one.confidence:.2f}"
        yield from (f"    {each}" for each in shortened(one.evidence))
    yield from (f"  signature: {one.name}: {seen.because}" for one, seen in told.seen)
    for each in told.diagnosis.explained:
        yield f"  follows from {words.describe(each.cause.fault)!r}: {words.describe(each.finding.fault)}"
    for one in told.diagnosis.doubtful:
        yield f"  uncertain: {words.describe(one.fault)}: {span(one)}, confidence {one.confidence:.2f}"
    yield from (f"  can't be told: {each}" for each in told.untold)
    yield from (f"  note: {note}" for note in (*told.diagnosis.notes, *told.record.notes))
    yield from (f"  unread: {one}" for one in told.unread)


def span(one: Finding) -> str:
    """Return when a fault was in force, in words."""
    if one.ended is None:
        return f"from {moment(one.began)}"
    return f"from {moment(one.began)} for {(one.ended - one.began) / 10**9:.2f} s"


def shortened(evidence: Iterable[object]) -> list[str]:
    """Return evidence as lines, as many as people read."""
    every = [str(each) for each in evidence]
    left = len(every) - SHOWN
    return every if left <= 0 else [*every[:SHOWN], f"… and {left} more"]
