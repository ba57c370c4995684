"""What all invariants have in common: values are fed as they arrive, and a verdict is there at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from harness.checks.verdict import Verdict

if TYPE_CHECKING:
    from harness.checks.invariants.seen import Seen

KEPT = 16
"""How many violations are kept; all are counted."""


class Invariant(Protocol):
    """Looks at what was seen, one value after another, in the order of time. Its memory is bounded."""

    name: ClassVar[str]

    def feed(self, seen: Seen) -> None:
        """Take the next value; one of a kind that says nothing here is passed over."""

    def verdict(self) -> Verdict:
        """Return what is known so far: unknown as long as nothing was seen that it is about."""


class Ledger:
    """Counts what an invariant has looked at, and keeps what contradicts it."""

    def __init__(self, name: str, about: str) -> None:
        self._name = name
        self._about = about
        self._looked = 0
        self._violations: list[Verdict] = []
        self._count = 0

    def looked(self) -> None:
        """Note that something was seen that the invariant is about."""
        self._looked += 1

    def violated(self, because: str, *witness: object) -> None:
        """Record a violation."""
        self._count += 1
        if len(self._violations) < KEPT:
            self._violations.append(Verdict(False, because, witness, self._name))

    def verdict(self, holds: str) -> Verdict:
        """Return the verdict; `holds` is why, where nothing contradicts."""
        if self._violations:
            first = self._violations[0]
            more = f" (and {self._count - 1} more like it)" if self._count > 1 else ""
            return Verdict(False, first.because + more, first.witness, self._name)
        if not self._looked:
            return Verdict(None, f"no {self._about} was seen", name=self._name)
        return Verdict(True, holds, name=self._name)
