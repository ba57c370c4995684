"""Where in an incident's files something stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Evidence:
    """A frame of a capture, or a line of a journal, and what it shows.

    `file` is the path within the incident's folder. `frame` counts from 1 as Wireshark does, `line` from 1; one of them
    is None, both where it is the file as a whole that shows it.
    """

    file: str
    shows: str
    frame: int | None = None
    line: int | None = None

    def __str__(self) -> str:
        place = f" frame {self.frame}" if self.frame is not None else f":{self.line}" if self.line is not None else ""
        return f"{self.file}{place}: {self.shows}"
