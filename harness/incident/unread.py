"""What of an incident could not be read, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Unread:
    """A file, or a line of it, that could not be read; the rest goes on. `line` counts from 1, None for all of it."""

    file: str
    why: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.file}: {self.why}" if self.line is None else f"{self.file}:{self.line}: {self.why}"
