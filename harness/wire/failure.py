"""What a scenario is told when the wire was not as expected: which frames show it, in which file, cut out."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - a part of a public value
from typing import TYPE_CHECKING

from harness.capture.events import HarnessEvent
from harness.capture.files.extract import extract
from harness.capture.nearest import count
from harness.errors import ScenarioFailure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.capture.events import Event
    from harness.capture.naming import Names

SHOWN = 5
"""Events that a failure names."""

AROUND = 1_000_000_000
"""Nanoseconds around an event that are cut out."""

LONGEST = 10_000_000_000
"""Nanoseconds before the end that are cut out at most, besides."""

MOST_FRAMES = 20_000

FOLDER = "cut-outs"


@dataclass(frozen=True)
class Finding:
    """What was expected and what happened: `events` with a word on each, between two times (nanoseconds since 1970)."""

    expected: str
    outcome: str
    events: Sequence[tuple[Event, str]]
    meanwhile: Sequence[Event]
    start: int
    end: int


class WireFailure(ScenarioFailure):
    """An expectation of the wire did not hold. `events` are those that show it best, `cut_out` the frames around."""

    def __init__(self, finding: Finding, names: Names, captures: Sequence[Path], cut_out: Path | None) -> None:
        self.events = tuple(event for event, _ in finding.events)
        self.captures = tuple(captures)
        self.cut_out = cut_out
        self.text = tell(finding, names, captures, cut_out)
        super().__init__(finding.expected, seen=self.events)

    def __str__(self) -> str:
        return self.text


def tell(finding: Finding, names: Names, captures: Sequence[Path], cut_out: Path | None) -> str:
    """Return a finding in lines for people. Pure."""
    lines = [f"expected {finding.expected}; {finding.outcome}"]
    for event, word in finding.events[:SHOWN]:
        lines.append(f"  {names.tell(event, finding.start)}")
        lines += [f"    {word}"] if word else []
    if len(finding.events) > SHOWN:
        lines.append(f"  and {len(finding.events) - SHOWN} more, the last in frame {finding.events[-1][0].frame}")
    seen = [event for event in finding.meanwhile if not isinstance(event, HarnessEvent)]
    done = [event for event in finding.meanwhile if isinstance(event, HarnessEvent)]
    lines.append(f"  seen meanwhile: {count(seen)}{_frames(seen)}")
    lines += [f"  done meanwhile: {names.tell(event, finding.start)}" for event in done[-SHOWN:]]
    lines += [f"  capture: {path}" for path in captures]
    lines += [f"  cut-out: {cut_out}"] if cut_out else []
    return "\n".join(lines)


def cut_out(finding: Finding, captures: Sequence[Path], folder: Path, name: str) -> Path | None:
    """Write the frames around a finding into a capture of its own, the events' with a comment, and return its path.

    None where there are no frames.
    """
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    paths = (folder / FOLDER / f"{number}-{name}.pcapng" for number in itertools.count(1))
    path = next(path for path in paths if not path.exists())
    times = [event.time for event, _ in finding.events[:SHOWN]]
    start, end = max(finding.start, finding.end - LONGEST) - AROUND, finding.end + AROUND
    kept = extract(
        captures,
        path,
        lambda frame: start <= frame.time <= end or any(abs(frame.time - time) <= AROUND for time in times),
        limit=MOST_FRAMES,
        remarks=remarks(finding),
    )
    if not kept:
        path.unlink()
        return None
    return path


def remarks(finding: Finding) -> Mapping[int, str]:
    """Return the comments on frames, by their numbers."""
    said = {event.frame: word for event, word in finding.events[:SHOWN]}
    return {number: f"expected {finding.expected}{f': {word}' if word else ''}" for number, word in said.items()}


def _frames(events: Sequence[Event]) -> str:
    numbers = [event.frame for event in events]
    if len(set(numbers)) <= 1:
        return f" (frame {numbers[0]})" if numbers else ""
    return f" (frames {min(numbers)} to {max(numbers)})"
