"""Faults of the network, by what was captured: who was not heard by whom, when, and the least that explains it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.faults.intermittent import Flap
from harness.incident.network import client_ports, counters, crossings, datagrams, filters, flows
from harness.incident.network.cables import Cables
from harness.incident.network.cuts import Cutting
from harness.incident.network.impairments import impairments
from harness.incident.network.life import Life
from harness.incident.network.passages import passages
from harness.incident.network.silences import silences
from harness.incident.network.soundings import Soundings
from harness.incident.network.vantages import vantages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.incident.finding import Finding
    from harness.incident.record import Record

BRIEF = 1_500_000_000
HEAVY = 0.1
MOSTLY = 0.6
"""A silence is bad luck where it is so short (nanoseconds), a link lost so much, and for so much of that time."""


def find(record: Record) -> list[Finding]:
    """Return the faults of the network that a record shows, in the order in which they set in."""
    record = replace(record, packets=[*record.packets])  # each is looked at several times, and made anew each time
    points = vantages(record)
    seen = passages(record, points)
    found = Soundings()
    for one in points.values():
        if one.machine is not None:
            found.asleep.setdefault(one.machine, []).extend(one.asleep)
    crossings.compare(record, points, seen, found)
    counters.listen(seen, found)
    flows.listen(seen, found)
    found.put_in_order()
    filters.mark(seen, found)
    datagrams.listen(seen, found)
    found.put_in_order()
    life = Life(record, seen)
    own = {one.machine for one in points.values() if one.machine is not None}
    cables = Cables(record, found, {one.packet.src for one in seen})
    silent = silences(found)
    cut = Cutting(record, found, life, cables, own).faults(silent)
    cut += client_ports.dropped(record, found, silent)
    worse = impairments(record, found, silent, cables)
    told = [*(one for one in cut if not _is_luck(one, worse)), *(one for one in worse if not _flaps(one, cut))]
    return sorted(told, key=lambda one: one.began)


def _is_luck(cut: Finding, worse: Sequence[Finding]) -> bool:
    """Return whether a short silence is but a part of what a link lost anyway."""
    if cut.ended is None or cut.ended - cut.began > BRIEF or isinstance(cut.fault, Flap):
        return False
    return any((getattr(one.fault, "loss", None) or 0) >= HEAVY and _share(cut, one) > MOSTLY for one in worse)


def _flaps(worse: Finding, cuts: Sequence[Finding]) -> bool:
    """Return whether what a link lost is but what a flap cut."""
    return any(isinstance(one.fault, Flap) and _share(worse, one) > MOSTLY for one in cuts)


def _share(one: Finding, other: Finding) -> float:
    """Return what part of the time of the one finding the other was in force, too."""
    ended = one.ended or other.ended or one.began
    both = min(ended, other.ended or ended) - max(one.began, other.began)
    return both / max(ended - one.began, 1)
