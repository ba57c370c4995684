"""What members of Raft clusters said of terms and leaders, in journals and on the wire. Pure.

Journals are those of etcd (plain and JSON lines), of HashiCorp's Raft, and of Redis Sentinel, whose epochs are terms.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture.events import RaftMessage, RaftPreVote, RaftPreVoteResponse
from harness.capture.leaders import LEADERS_MESSAGES
from harness.incident import citing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.incident.evidence import Evidence
    from harness.incident.record import Heard, Logged, Record

LEADS, FOLLOWS, CANDIDATE, KNOWS = "leads", "follows", "candidate", "knows"

ETCD_ROLE = re.compile(r"\b([0-9a-f]{6,16}) became (leader|follower|candidate|pre-candidate) at term (\d+)")
ETCD_LEADER = re.compile(
    r"\b([0-9a-f]{6,16}) (?:elected leader|changed leader from [0-9a-f]+ to) ([0-9a-f]+) at term (\d+)"
)
HASHICORP = re.compile(r"entering (leader|follower|candidate) state\b(?:.*?\bterm=(\d+))?")
SENTINEL_EPOCH = re.compile(r"\+new-epoch (\d+)")
ROLES = {"leader": LEADS, "follower": FOLLOWS, "candidate": CANDIDATE, "pre-candidate": FOLLOWS}


@dataclass(frozen=True)
class Fact:
    """What one member said, or was seen to be: its role, or whom it knows as its leader (`leader`).

    `group` keeps clusters apart that share machines, `member` is its identifier, or its machine's name where it tells
    none. `term` is 0 where it was not told, `machine` empty where nobody knows it.
    """

    time: int
    group: str
    member: str
    what: str
    term: int
    leader: str
    evidence: Evidence
    machine: str = ""


def facts(record: Record) -> list[Fact]:
    """Return all facts, by time."""
    found = [fact for one in record.logged for fact in _of_line(record, one)]
    found += [fact for one in record.heard for fact in _of_message(record, one)]
    return sorted(found, key=lambda fact: fact.time)


def _of_line(record: Record, one: Logged) -> Iterator[Fact]:
    entry = one.entry
    group = entry.unit or entry.identifier
    machine = record.machine_of.get(entry.host, entry.host)
    if match := ETCD_ROLE.search(entry.message):
        member, role, term = match.groups()
        leader = member if role == "leader" else ""
        yield Fact(one.time, group, member, ROLES[role], int(term), leader, citing.said(one), machine)
    elif match := ETCD_LEADER.search(entry.message):
        member, leader, term = match.groups()
        yield Fact(one.time, group, member, KNOWS, int(term), leader, citing.said(one), machine)
    elif match := HASHICORP.search(entry.message):
        role, told = match.groups()
        leader = machine if role == "leader" else ""
        yield Fact(one.time, group, machine, ROLES[role], int(told or 0), leader, citing.said(one), machine)
    elif match := SENTINEL_EPOCH.search(entry.message):
        yield Fact(one.time, group, machine, FOLLOWS, int(match[1]), "", citing.said(one), machine)


def _of_message(record: Record, one: Heard) -> Iterator[Fact]:
    event = one.event
    if not isinstance(event, RaftMessage) or event.sender is None or not event.term:
        return
    if isinstance(event, RaftPreVote | RaftPreVoteResponse):  # about a term that has not begun
        return
    leads = isinstance(event, LEADERS_MESSAGES)
    member = f"{event.sender:x}"
    group = f"port {event.port}"
    what, leader = (LEADS, member) if leads else (FOLLOWS, "")
    yield Fact(
        one.time, group, member, what, event.term, leader, citing.decoded(one), record.machine_of.get(event.src, "")
    )
