"""Signatures of clusters that part: two quorate rings, members that hold each other for dead, two masters. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.incident import citing
from harness.incident.signatures.signature import Sighting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.incident.record import Logged, Record
    from harness.incident.signatures.signature import Stage

TOGETHER = 10**9
"""Nanoseconds that both sides must be as they are at once."""

RING = re.compile(r"\[TOTEM *\] A new membership \(([0-9a-f.:]+)\)")
QUORATE = re.compile(r"\[QUORUM\] This node is within the (non-)?primary component")
MEMBERS = re.compile(r"\[QUORUM\] Members\[\d+\]: ([\d ]+)")
FAILED = re.compile(r"EventMemberFailed: (\S+)")
JOINED = re.compile(r"EventMember(?:Join|Leave): (\S+)")
SWITCHED = re.compile(r"\+switch-master (\S+) (\S+) (\d+) (\S+) (\d+)")
CONVERTED = re.compile(r"\+convert-to-slave slave \S+ (\S+) (\d+)")


@dataclass
class _Side:
    """What one machine holds its cluster for."""

    quorate: bool = False
    ring: str = ""
    members: frozenset[str] = frozenset()
    last: Logged | None = None


class TwoQuorateRings:
    """Two machines are in different rings, each with quorum (corosync)."""

    name = "two quorate rings"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        sides: dict[str, _Side] = {}
        apart: dict[tuple[str, str], Logged] = {}
        for one in stage.record.logged:
            if not _take(sides.setdefault(one.entry.host, _Side()), one):
                continue
            for pair, (first, second) in _pairs(sides, one.entry.host):
                if not _parted(first, second):
                    begun = apart.pop(pair, None)
                    if begun is not None and one.time - begun.time > TOGETHER and one.time >= stage.since:
                        return _rings(first, second, begun, one)
                else:
                    apart.setdefault(pair, one)
        for (one_host, other), begun in apart.items():
            if stage.record.ended - begun.time > TOGETHER:
                return _rings(sides[one_host], sides[other], begun, begun)
        if not any(side.ring or side.members for side in sides.values()):
            return Sighting(None, "no journal of corosync")
        return Sighting(False, "no two rings had quorum at once")


def _take(side: _Side, one: Logged) -> bool:
    """Take a line; say whether it was about the ring."""
    message = one.entry.message
    if match := RING.search(message):
        side.ring = match[1]
    elif match := QUORATE.search(message):
        side.quorate = not match[1]
    elif match := MEMBERS.search(message):
        side.members = frozenset(match[1].split())
    else:
        return False
    side.last = one
    return True


def _pairs(sides: dict[str, _Side], host: str) -> Iterator[tuple[tuple[str, str], tuple[_Side, _Side]]]:
    for other in sides:
        if other != host:
            one, two = sorted((host, other))
            yield (one, two), (sides[one], sides[two])


def _parted(one: _Side, other: _Side) -> bool:
    both = one.quorate and other.quorate and bool(one.members and other.members)
    return both and one.ring != other.ring and not one.members & other.members


def _rings(one: _Side, other: _Side, begun: Logged, ended: Logged) -> Sighting:
    shown = [citing.said(line) for line in (one.last, other.last, begun, ended) if line is not None]
    told = f"rings {one.ring} and {other.ring} had quorum at the same time"
    return Sighting(True, told, tuple(dict.fromkeys(shown)))


class SplitBrain:
    """Two members that both go on hold each other for dead (serf, memberlist)."""

    name = "split brain"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        dead: dict[tuple[str, str], Logged] = {}
        known = False
        for one in stage.record.logged:
            who = _machine(stage.record, one.entry.host)
            if match := FAILED.search(one.entry.message):
                known = True
                whom = _machine(stage.record, match[1])
                dead[who, whom] = one
                if (whom, who) in dead and one.time >= stage.since:
                    told = f"{who} and {whom} hold each other for dead"
                    return Sighting(True, told, (citing.said(dead[whom, who]), citing.said(one)))
            elif match := JOINED.search(one.entry.message):
                known = True
                dead.pop((who, _machine(stage.record, match[1])), None)
        return Sighting(False, "no two held each other for dead") if known else Sighting(None, "no journal of serf")


class TwoMasters:
    """A Redis master was replaced, and goes on as a master."""

    name = "two masters"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        old: dict[tuple[str, str], Logged] = {}
        known = False
        for one in stage.record.logged:
            if match := SWITCHED.search(one.entry.message):
                known = True
                if one.time >= stage.since:
                    old.setdefault((match[2], match[3]), one)
            elif match := CONVERTED.search(one.entry.message):
                begun = old.get((match[1], match[2]))
                if (
                    begun is not None
                    and one.time - begun.time > TOGETHER
                    and _alive(stage.record, match[1], begun, one)
                ):
                    told = f"{match[1]}:{match[2]} was a master after it had been replaced"
                    return Sighting(True, told, (citing.said(begun), citing.said(one)))
        return Sighting(False, "no master went on") if known else Sighting(None, "no journal of Redis Sentinel")


def _alive(record: Record, address: str, begun: Logged, ended: Logged) -> bool:
    """Say whether a machine said anything meanwhile."""
    machine = _machine(record, address)
    lines = (_machine(record, one.entry.host) == machine for one in record.logged if begun.time < one.time < ended.time)
    return any(lines) or any(one.src == address for one in record.packets if begun.time < one.time < ended.time)


def _machine(record: Record, name: str) -> str:
    return record.machine_of.get(name, name)
