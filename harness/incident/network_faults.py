"""Faults of the network, by what was captured: who was not heard by whom, when, and the least that explains it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.incident import crossings, flows, shapes, windows
from harness.incident.evidence import Evidence
from harness.incident.finding import Finding
from harness.incident.passages import passages
from harness.incident.silences import silences
from harness.incident.soundings import Soundings
from harness.incident.vantages import vantages

if TYPE_CHECKING:
    from collections.abc import Collection

    from harness.incident.record import Record
    from harness.incident.silences import Silence

MOST_EVIDENCE = 8
CERTAIN, LIKELY = 0.95, 0.8


def find(record: Record) -> list[Finding]:
    """Return the faults of the network that a record shows, in the order in which they set in."""
    points = vantages(record)
    seen = passages(record, points)
    found = Soundings()
    crossings.compare(record, points, seen, found)
    flows.listen(seen, found)
    found.put_in_order()
    own = {one.machine for one in points.values() if one.machine is not None}
    return _cuts(record, found, own)


def _cuts(record: Record, found: Soundings, points: Collection[str]) -> list[Finding]:
    every = [one for one in silences(found) if one.service is None]
    machines = {machine.name for machine in record.topology.machines}
    between = [one for one in every if {*one.pair} <= machines]
    findings = []
    for window in windows.windows(between, windows.paces(found)):
        since, until = window.inside
        silent = windows.silent_throughout(every, since, until) | {one.pair for one in window.silences}
        heard = windows.heard(found, since, until).keys() - silent
        own = {one.pair for one in window.silences}
        certain = {pair for pair in own if pair in found.exact or pair[1] in points or pair[::-1] not in own}
        for shape in shapes.explain(record.topology, silent, heard, of=certain or own):
            told = [one for one in window.silences if one.pair in shape.silent]
            confidence = CERTAIN if all(one.certain for one in told) else LIKELY
            findings.append(Finding(shape.fault, window.began, window.ended, _evidence(record, told), confidence))
    return sorted(findings, key=lambda one: one.began)


def _evidence(record: Record, silences_: list[Silence]) -> tuple[Evidence, ...]:
    """Return the frames at the edges of silences, the surest first."""
    shown = []
    for one in silences_[:MOST_EVIDENCE]:
        way = f"from {one.speaker} to {one.listener}"
        shown.append(_frame(record, one.first_lost.packet, f"the first of {one.lost} {way} that got no answer"))
        if one.next_through is not None:
            shown.append(_frame(record, one.next_through.packet, f"the first {way} that got through again"))
    return tuple(shown)


def _frame(record: Record, place: int, shows: str) -> Evidence:
    packet = record.packets[place]
    return Evidence(packet.capture, shows, frame=packet.frame)
