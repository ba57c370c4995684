"""What must appear again for an incident to be reproduced: a signature, and what one look for it has seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.checks.operation import Json, Operation
    from harness.incident.evidence import Evidence
    from harness.incident.record import Record


@dataclass(frozen=True)
class Stage:
    """What a signature is looked for in: an incident's record, or that of a run in a lab.

    `since` is when what matters begins (nanoseconds since 1970 on the record's clock): what a cluster says while it
    forms is no failure. A run has the `history` of its clients, and what keys hold in the end.
    """

    record: Record
    since: int
    history: Sequence[Operation] | None = None
    final: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Sighting:
    """What a look saw. `appeared` is None where the evidence can't tell, such as where Raft speaks TLS."""

    appeared: bool | None
    because: str
    evidence: tuple[Evidence, ...] = ()


class Signature(Protocol):
    """What a failure looks like, by its name."""

    @property
    def name(self) -> str:
        """What people call it."""

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
