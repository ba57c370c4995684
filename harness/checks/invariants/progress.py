"""Terms and commits never go back, in what one member sends in one flow.

What a member sends need not arrive as it was sent: etcd's members have several connections to each other, and what
waits in one is overtaken in another; what waited for a cut to heal may be sent much later, on a connection of its own.
Only a flow keeps the order, which is one direction of one connection, so nothing is compared between flows.

A member's term only grows, and is on disk before it is told. A commit index need not be on disk, and a new leader
learns it anew: it only grows while the same leader leads the same term.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from harness.checks.invariants.invariant import Ledger
from harness.checks.invariants.recent import Recent
from harness.checks.invariants.seen import CommitSeen, TermSeen

if TYPE_CHECKING:
    from harness.checks.invariants.seen import Seen
    from harness.checks.verdict import Verdict


class TermsGrow:
    """A member's term never goes back within a flow. The witness is the two messages."""

    name: ClassVar[str] = "terms never go back"

    def __init__(self) -> None:
        self._flows: Recent[tuple[str, str, int], TermSeen] = Recent()
        self._ledger = Ledger(self.name, "term of a member")

    def feed(self, seen: Seen) -> None:
        """Take what was seen."""
        if not isinstance(seen, TermSeen):
            return
        self._ledger.looked()
        flow = (seen.cluster, seen.flow, seen.member)
        before = self._flows.get(flow)
        if before is not None and seen.term < before.term:
            told = f"term {before.term} ({before.where}), then term {seen.term} ({seen.where})"
            self._ledger.violated(f"member {seen.member:x} told of {told}", before, seen)
        elif before is None or seen.term > before.term:
            self._flows.set(flow, seen)

    def verdict(self) -> Verdict:
        """Return what is known so far."""
        return self._ledger.verdict(f"the terms of {len(self._flows)} flows only grew")


class CommitsGrow:
    """What a leader says is committed never goes back in its term. The witness is the two messages."""

    name: ClassVar[str] = "commits never go back"

    def __init__(self) -> None:
        self._flows: Recent[tuple[str, str, int], CommitSeen] = Recent()
        self._ledger = Ledger(self.name, "commit index of a leader")

    def feed(self, seen: Seen) -> None:
        """Take what was seen."""
        if not isinstance(seen, CommitSeen):
            return
        self._ledger.looked()
        key = (seen.cluster, seen.flow, seen.term)
        before = self._flows.get(key)
        if before is not None and seen.index < before.index:
            because = (
                f"in term {seen.term} {before.index} was committed ({before.where}), then {seen.index} ({seen.where})"
            )
            self._ledger.violated(because, before, seen)
        elif before is None or seen.index > before.index:
            self._flows.set(key, seen)

    def verdict(self) -> Verdict:
        """Return what is known so far."""
        return self._ledger.verdict(f"the commit indexes of {len(self._flows)} flows only grew")
