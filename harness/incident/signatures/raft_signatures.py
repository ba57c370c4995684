"""Signatures of Raft: a term that runs away, another leader, two leaders at once. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from harness.incident import citing
from harness.incident.signatures import raft_story
from harness.incident.signatures.raft_story import CANDIDATE, FOLLOWS, KNOWS, LEADS
from harness.incident.signatures.signature import Sighting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.incident.evidence import Evidence
    from harness.incident.record import Record
    from harness.incident.signatures.raft_story import Fact
    from harness.incident.signatures.signature import Stage

RUNAWAY = 3
"""So many terms more than there were: an election takes one, and two where votes are split once."""

TOGETHER = 2 * 10**9
"""Nanoseconds that two leaders must be there together: one that nobody answers steps down after an election's time."""

AWAKE = 10**9 // 2
"""Nanoseconds before a leader steps down in which it may have been woken up."""

NOTHING = Sighting(None, "nothing was read of Raft")


class TermRunsAway:
    """A member's term grows by far more than an election takes, as that of one that nobody hears."""

    name = "term runs away"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        facts = _since(stage)
        if not facts:
            return NOTHING
        before = {(one.group, one.member): one.term for one in _before(stage)}
        lowest: dict[tuple[str, str], Fact] = {}
        best: tuple[int, Fact, Fact] | None = None
        for one in facts:
            key = (one.group, one.member)
            first = lowest.setdefault(key, one)
            grown = one.term - before.get(key, first.term)
            if best is None or grown > best[0]:
                best = grown, first, one
        assert best is not None  # noqa: S101 - there are facts
        grown, first, last = best
        told = f"member {last.member} is in term {last.term}, {grown} more than there were"
        return Sighting(grown >= RUNAWAY, told, (first.evidence, last.evidence) if grown >= RUNAWAY else ())


class LeaderChanged:
    """Another member leads than before."""

    name = "leader changed"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        leaders: dict[str, Fact] = {}
        seen = False
        for one in raft_story.facts(stage.record):
            if not one.leader or one.what not in (LEADS, KNOWS):
                continue
            seen = True
            known = leaders.get(one.group)
            if known and known.leader != one.leader and one.term > known.term and one.time >= stage.since:
                told = f"{one.leader} leads in term {one.term}, {known.leader} did in term {known.term}"
                return Sighting(True, told, (known.evidence, one.evidence))
            if known is None or one.term >= known.term:
                leaders[one.group] = one
        return Sighting(False, "the same members led all the time") if seen else NOTHING


class TwoLeaders:
    """Two members lead at once: in one term, or one that was deposed and goes on."""

    name = "two leaders"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        facts = raft_story.facts(stage.record)
        if not any(one.what == LEADS for one in facts):
            return NOTHING
        for one, other in _in_one_term(facts):
            told = f"{one.member} and {other.member} both lead term {one.term}"
            return Sighting(True, told, (one.evidence, other.evidence))
        for deposed, new, down in _deposed(facts, stage.since):
            if alive := _going_on(stage.record, deposed, new.time + TOGETHER, down.time):
                told = f"{deposed.member} goes on to lead term {deposed.term} while {new.member} leads term {new.term}"
                return Sighting(True, told, (new.evidence, alive, down.evidence))
        return Sighting(False, "nobody led while another one did")


def _in_one_term(facts: Sequence[Fact]) -> Iterator[tuple[Fact, Fact]]:
    first: dict[tuple[str, int], Fact] = {}
    for one in facts:
        if one.what == LEADS and one.term:
            other = first.setdefault((one.group, one.term), one)
            if other.member != one.member:
                yield other, one


def _deposed(facts: Sequence[Fact], since: int) -> Iterator[tuple[Fact, Fact, Fact]]:
    """Yield a leader, the first one of a later term, and where the first stepped down after that.

    Only what members say themselves counts: the wire may carry a leader's messages long after it has sent them.
    """
    leading: defaultdict[str, dict[str, Fact]] = defaultdict(dict)
    newer: dict[tuple[str, str], Fact] = {}
    for one in facts:
        if one.evidence.frame is not None:
            continue
        key, group = (one.group, one.member), leading[one.group]
        if one.what == LEADS:
            group[one.member] = one
            for member, known in group.items():
                if known.term < one.term:
                    newer.setdefault((one.group, member), one)
        elif one.what in (FOLLOWS, CANDIDATE) and one.member in group:
            deposed, new = group.pop(one.member), newer.pop(key, None)
            if new is not None and one.time >= since:
                yield deposed, new, one


def _going_on(record: Record, deposed: Fact, first: int, last: int) -> Evidence | None:
    """Return what shows that a member ran meanwhile: one that stands still leads nobody."""
    for one in record.logged:
        if (
            first < one.time < last - AWAKE
            and one.entry.file == deposed.evidence.file
            and one.entry.unit == deposed.group
        ):
            return citing.said(one)
    return None


def _since(stage: Stage) -> list[Fact]:
    return [one for one in raft_story.facts(stage.record) if one.time >= stage.since and one.term]


def _before(stage: Stage) -> list[Fact]:
    return [one for one in raft_story.facts(stage.record) if one.time < stage.since and one.term]
