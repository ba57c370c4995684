"""What a scrubbing did: what was replaced and how often, and what was refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.incident.unread import Unread


@dataclass(frozen=True)
class Report:
    """`files` are those that were written, by their names before; `refused` could not be scrubbed, and is not there.

    `counts` is by what was replaced or left out. Nothing in it says what stands for what.
    """

    files: Mapping[str, str]
    counts: Counter[str] = field(default_factory=Counter)
    refused: tuple[Unread, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing was refused."""
        return not self.refused

    def __str__(self) -> str:
        lines = [f"{len(self.files)} files scrubbed"]
        lines += [f"  {count} {what}" for what, count in self.counts.items() if count]
        if self.refused:
            lines += [f"{len(self.refused)} refused, and not passed on:", *(f"  {one}" for one in self.refused)]
        return "\n".join(lines)

    def to_json(self) -> Mapping[str, object]:
        """Return everything as plain values, for `json`."""
        return {
            "files": dict(self.files),
            "counts": dict(self.counts),
            "refused": [{"file": one.file, "line": one.line, "why": one.why} for one in self.refused],
        }
