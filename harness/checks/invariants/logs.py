"""Raft's logs: entries with the same index and term are equal, and what is committed stays (sections 5.3, 5.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from harness.checks.invariants.invariant import Ledger
from harness.checks.invariants.recent import Recent
from harness.checks.invariants.seen import CommitSeen, EntrySeen

if TYPE_CHECKING:
    from harness.checks.invariants.seen import Seen
    from harness.checks.verdict import Verdict


TERMS = 16
"""Of how many terms, the latest, entries are kept that are not committed yet."""


class SameContent:
    """Two entries with the same index and term have the same content. The witness is the two."""

    name: ClassVar[str] = "same entry, same content"

    def __init__(self) -> None:
        self._entries: Recent[tuple[str, int, int], EntrySeen] = Recent()
        self._ledger = Ledger(self.name, "entry of a log")

    def feed(self, seen: Seen) -> None:
        """Take what was seen."""
        if not isinstance(seen, EntrySeen) or seen.digest is None:
            return
        self._ledger.looked()
        first = self._entries.setdefault((seen.cluster, seen.index, seen.term), seen)
        if first.digest != seen.digest:
            because = f"entry {seen.index} of term {seen.term} differs between {first.where} and {seen.where}"
            self._ledger.violated(because, first, seen)

    def verdict(self) -> Verdict:
        """Return what is known so far."""
        return self._ledger.verdict(f"{len(self._entries)} entries had the same content wherever they were seen")


class CommittedStays:
    """Nothing at or below a commit index is replaced: a leader of a later term has the entry that was committed.

    An entry is known to be committed if the leader of some term has it in its log, and says that its log is committed
    up to there. A leader of an older term that does not know yet may go on to send others: it can't commit them. The
    witness is the entry that was committed and the one that replaces it.
    """

    name: ClassVar[str] = "committed entries stay"

    def __init__(self) -> None:
        self._commits: Recent[tuple[str, int], int] = Recent()
        self._pending: dict[str, dict[int, Recent[int, EntrySeen]]] = {}
        self._committed: Recent[tuple[str, int], EntrySeen] = Recent()
        self._ledger = Ledger(self.name, "committed entry")

    def feed(self, seen: Seen) -> None:
        """Take what was seen."""
        if isinstance(seen, EntrySeen):
            self._entry(seen)
        elif isinstance(seen, CommitSeen):
            self._commit(seen)

    def verdict(self) -> Verdict:
        """Return what is known so far."""
        return self._ledger.verdict(f"{len(self._committed)} committed entries were never replaced")

    def _entry(self, seen: EntrySeen) -> None:
        if seen.index <= (self._commits.get((seen.cluster, seen.leader_term)) or 0):
            self._settle(seen)
            return
        committed = self._committed.get((seen.cluster, seen.index))
        if committed is not None:
            self._compare(committed, seen)
        logs = self._pending.setdefault(seen.cluster, {})
        log = logs.get(seen.leader_term)
        if log is None:
            log = logs[seen.leader_term] = Recent()
            while len(logs) > TERMS:
                del logs[min(logs)]
        log.set(seen.index, seen)

    def _commit(self, seen: CommitSeen) -> None:
        key = (seen.cluster, seen.term)
        if seen.index <= (self._commits.get(key) or 0):
            return
        self._commits.set(key, seen.index)
        log = self._pending.get(seen.cluster, {}).get(seen.term)
        for index in sorted(index for index in log or () if index <= seen.index):
            entry = log.pop(index) if log is not None else None
            if entry is not None:
                self._settle(entry)

    def _settle(self, entry: EntrySeen) -> None:
        """Take an entry as committed, and compare it with what later leaders were seen to have there."""
        self._ledger.looked()
        committed = self._committed.setdefault((entry.cluster, entry.index), entry)
        if committed is entry:
            for term, log in self._pending.get(entry.cluster, {}).items():
                other = log.get(entry.index)
                if other is not None and term > entry.leader_term:
                    self._compare(entry, other)
        elif committed.term != entry.term:
            self._violated(committed, entry)

    def _compare(self, committed: EntrySeen, other: EntrySeen) -> None:
        if other.leader_term >= committed.leader_term and other.term != committed.term:
            self._violated(committed, other)

    def _violated(self, committed: EntrySeen, other: EntrySeen) -> None:
        was = f"entry {committed.index} of term {committed.term} was committed ({committed.where})"
        now = f"the leader of term {other.leader_term} has one of term {other.term} there ({other.where})"
        self._ledger.violated(f"{was}, and {now}", committed, other)
