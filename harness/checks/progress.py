"""Terms and commits never go back.

What a member sends need not arrive as it was sent: etcd's members have several connections to each other, and what
waits in one is overtaken in another. So the order is judged within a flow, which is one direction of one connection.

A member's term only grows, and it is on disk before it is told to anybody, so it survives restarts; a member that came
back with an older one has lost its disk, which Raft does not allow under the same identity. A commit index need not be
on disk, and a new leader learns it anew: it only grows while the same leader leads the same term.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.checks.invariant import Ledger
from harness.checks.recent import Recent
from harness.checks.seen import CommitSeen, TermSeen

if TYPE_CHECKING:
    from harness.checks.seen import Seen
    from harness.checks.verdict import Verdict

GRACE = 10**9
"""How long, in nanoseconds, what waited in one flow may be overtaken by another flow of the same member."""


class TermsGrow:
    """A member's term never goes back: within a flow at once, and between flows after what could have waited is over.

    The witness is the highest term and the lower one after it.
    """

    name = "terms never go back"

    def __init__(self, grace: int = GRACE) -> None:
        self._grace = grace
        self._flows: Recent[tuple[str, str, int], TermSeen] = Recent()
        self._members: Recent[tuple[str, int], TermSeen] = Recent()
        self._ledger = Ledger(self.name, "term of a member")

    def feed(self, seen: Seen) -> None:
        """Take what was seen."""
        if not isinstance(seen, TermSeen):
            return
        self._ledger.looked()
        flow = (seen.cluster, seen.flow, seen.member)
        before = self._flows.get(flow)
        if before is not None and seen.term < before.term:
            self._violated(before, seen)
        elif before is None:
            self._opening(seen)
        if before is None or seen.term > before.term:
            self._flows.set(flow, seen)
        highest = self._members.get((seen.cluster, seen.member))
        if highest is None or seen.term > highest.term:
            self._members.set((seen.cluster, seen.member), seen)

    def verdict(self) -> Verdict:
        """Return what is known so far."""
        return self._ledger.verdict(f"the terms of {len(self._members)} members only grew")

    def _opening(self, seen: TermSeen) -> None:
        """Judge the first term of a new flow by what the member had told long before in any other."""
        highest = self._members.get((seen.cluster, seen.member))
        if highest is not None and seen.term < highest.term and seen.time - highest.time > self._grace:
            self._violated(highest, seen)

    def _violated(self, before: TermSeen, seen: TermSeen) -> None:
        because = (
            f"member {seen.member:x} was in term {before.term} ({before.where}), then in {seen.term} ({seen.where})"
        )
        self._ledger.violated(because, before, seen)


class CommitsGrow:
    """What a leader says is committed never goes back in its term. The witness is the two messages."""

    name = "commits never go back"

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
