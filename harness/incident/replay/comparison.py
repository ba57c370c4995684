"""What a boot server answers now beside what was recorded: question by question, answer by answer, field by field."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.checks.verdict import Verdict
from harness.incident.replay.answer_fields import CONTENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.capture.protocols.dhcp_fields import Value
    from harness.incident.replay.adapting import Adapted

SHOWN = 60


class Outcome(enum.StrEnum):
    """What became of one answer."""

    EQUAL = "equal"
    DIFFERS = "differs"
    MISSING = "missing"
    """It was recorded, and does not come now."""
    EXTRA = "extra"
    """It comes now, and was not recorded."""
    UNREADABLE = "unreadable"
    """It was recorded in part only, or makes no sense."""


@dataclass(frozen=True)
class Difference:
    """A field that is not as it was recorded; a value is None where the answer does not have it.

    `excuse` says why it may differ without anything being wrong, and is empty where it may not.
    """

    field: str
    recorded: Value | None
    now: Value | None
    excuse: str = ""

    def __str__(self) -> str:
        both = f"{self.field}: {_shown(self.recorded)} recorded, {_shown(self.now)} now"
        return f"{both} ({self.excuse})" if self.excuse else both


@dataclass(frozen=True)
class Answer:
    """One answer: what it is in a few words, in which frame it was recorded (None: it was not), and what became of it.

    `excuse` says why one that is missing or extra may be so, or why one can't be read.
    """

    what: str
    frame: int | None
    outcome: Outcome
    differences: tuple[Difference, ...] = ()
    excuse: str = ""

    @property
    def blamed(self) -> tuple[Difference, ...]:
        """The differences without an excuse."""
        return tuple(one for one in self.differences if not one.excuse)


@dataclass(frozen=True)
class Step:
    """A question that was asked again, and what became of its answers."""

    protocol: str
    frame: int
    question: str
    answers: tuple[Answer, ...]
    adapted: tuple[Adapted, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The worst of its answers; equal where there are none, now as then."""
        found = {one.outcome for one in self.answers if not (one.excuse and one.outcome is Outcome.EXTRA)}
        order = (Outcome.MISSING, Outcome.EXTRA, Outcome.DIFFERS, Outcome.UNREADABLE)
        return next((one for one in order if one in found), Outcome.EQUAL)


@dataclass(frozen=True)
class Comparison:
    """A dialogue that was played again. `notes` say what of it could not be."""

    file: str
    client: str
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Whether all was answered as recorded; unknown where nothing was answered, or could not be read."""
        name = f"replay of {self.client}"
        recorded = [one for _, one in self._answers() if one.frame is not None]
        if recorded and all(one.outcome is Outcome.MISSING for one in recorded):
            return Verdict(None, f"nothing was answered to {len(self.steps)} questions", name=name)
        if wrong := [step for step in self.steps if step.outcome not in (Outcome.EQUAL, Outcome.UNREADABLE)]:
            first = wrong[0]
            more = f" (and {len(wrong) - 1} more like it)" if len(wrong) > 1 else ""
            because = f"frame {first.frame}, {first.protocol} {first.question}: {first.outcome}{more}"
            return Verdict(False, because, tuple(self.differences), name)
        if unread := [step for step in self.steps if step.outcome is Outcome.UNREADABLE]:
            return Verdict(None, f"{len(unread)} answers were not recorded whole", name=name)
        return Verdict(True, f"{len(recorded)} answers to {len(self.steps)} questions are as recorded", name=name)

    @property
    def differences(self) -> list[Difference]:
        """All differences without an excuse, in order."""
        return [one for _, answer in self._answers() for one in answer.blamed]

    def _answers(self) -> Iterator[tuple[Step, Answer]]:
        return ((step, answer) for step in self.steps for answer in step.answers)

    def __str__(self) -> str:
        lines = [str(self.verdict)]
        for step in self.steps:
            lines.append(f"  frame {step.frame:<6} {step.protocol:<4} {step.question:<24} {step.outcome}")
            lines += [f"      adapted: {one}" for one in step.adapted]
            for answer in step.answers:
                if answer.outcome not in (Outcome.EQUAL, Outcome.DIFFERS):
                    lines.append(f"      {answer.outcome}: {answer.what}" + f" ({answer.excuse})" * bool(answer.excuse))
                lines += [f"      {one}" for one in answer.differences]
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])

    def to_json(self) -> Mapping[str, object]:
        """Return everything as plain values, for `json`."""
        return {
            "file": self.file,
            "client": self.client,
            "equal": "unknown" if self.verdict.valid is None else self.verdict.valid,
            "because": self.verdict.because,
            "steps": [_step(one) for one in self.steps],
            "notes": list(self.notes),
        }


def compare(recorded: Mapping[str, Value], now: Mapping[str, Value]) -> tuple[Difference, ...]:
    """Return the fields that differ, in the order of what was recorded, then what only the present answer has."""
    names = [*recorded, *(name for name in now if name not in recorded)]
    both = ((name, recorded.get(name), now.get(name)) for name in names)
    return tuple(Difference(name, then, here) for name, then, here in both if not _same(name, then, here))


def _same(name: str, one: Value | None, other: Value | None) -> bool:
    """Whether two values are the same; of content, of which captures have the beginning, as far as both go."""
    if name == CONTENT and isinstance(one, bytes) and isinstance(other, bytes):
        least = min(len(one), len(other))
        return one[:least] == other[:least]
    return one == other


def _step(step: Step) -> Mapping[str, object]:
    return {
        "frame": step.frame,
        "protocol": step.protocol,
        "question": step.question,
        "outcome": step.outcome,
        "adapted": [vars(one) for one in step.adapted],
        "answers": [
            {
                "what": answer.what,
                "frame": answer.frame,
                "outcome": answer.outcome,
                "excuse": answer.excuse,
                "differences": [
                    {"field": one.field, "recorded": _plain(one.recorded), "now": _plain(one.now), "excuse": one.excuse}
                    for one in answer.differences
                ],
            }
            for answer in step.answers
        ],
    }


def _plain(value: Value | None) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def _shown(value: Value | None) -> str:
    if value is None:
        return "nothing"
    text = value.hex() if isinstance(value, bytes) and not _is_text(value) else None
    if text is None:
        text = repr(value.decode("latin-1")) if isinstance(value, bytes) else str(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _is_text(octets: bytes) -> bool:
    return all(32 <= one < 127 or one in b"\r\n\t" for one in octets)  # noqa: PLR2004 - printable ASCII
