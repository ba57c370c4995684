"""Raft's election safety: at most one leader in a term (Ongaro and Ousterhout 2014, section 5.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from harness.checks.invariants.invariant import Ledger
from harness.checks.invariants.recent import Recent
from harness.checks.invariants.seen import LeaderSeen

if TYPE_CHECKING:
    from harness.checks.invariants.seen import Seen
    from harness.checks.verdict import Verdict


class OneLeaderPerTerm:
    """At most one member acts as the leader of a term. The witness is the first sign of each of two."""

    name: ClassVar[str] = "one leader per term"

    def __init__(self) -> None:
        self._leaders: Recent[tuple[str, int], LeaderSeen] = Recent()
        self._pairs: Recent[tuple[str, int, int], bool] = Recent()
        self._ledger = Ledger(self.name, "message of a leader")

    def feed(self, seen: Seen) -> None:
        """Take what was seen."""
        if not isinstance(seen, LeaderSeen):
            return
        self._ledger.looked()
        first = self._leaders.setdefault((seen.cluster, seen.term), seen)
        pair = (seen.cluster, seen.term, seen.member)
        if first.member != seen.member and self._pairs.get(pair) is None:
            self._pairs.set(pair, True)
            because = (
                f"members {first.member:x} ({first.where}) and {seen.member:x} ({seen.where}) lead term {seen.term}"
            )
            self._ledger.violated(because, first, seen)

    def verdict(self) -> Verdict:
        """Return what is known so far."""
        return self._ledger.verdict(f"{len(self._leaders)} terms had one leader each")
