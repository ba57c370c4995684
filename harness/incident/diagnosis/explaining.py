"""What explains what: a power cut the silence of its machine, an isolation the bad line to it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.faults.words import describe
from harness.incident.diagnosis.reach import (
    DROPPED,
    FLAPPING,
    IMPAIRED,
    MOMENTARY,
    PAUSED,
    POWER,
    SERVICE,
    SILENCE,
    SITE,
    Places,
    Reach,
)
from harness.incident.diagnosis.settling import Settling
from harness.incident.evidence import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.incident.finding import Finding
    from harness.incident.record import Logged, Record

SECOND = 10**9
SLACK = SECOND
"""How much sooner than its cause something may seem to begin: both are known from traffic that has pauses."""

AFTERMATH: Mapping[str, int] = {SITE: 20 * SECOND, POWER: 20 * SECOND, PAUSED: 5 * SECOND}
"""How long after a cause its consequences may go on: a machine that boots is silent, and its services start."""
AFTER_OTHERS = 3 * SECOND
LIKELY = 0.5
"""A cause that is less sure than that explains what is no surer; but who stood still for a moment was not cut off."""
A_MOMENT = 2 * SECOND
READ_ONLY = "disk-read-only"
RESTARTS = frozenset({SITE, POWER, READ_ONLY})
"""What ends with a machine's start, which takes its time: firmware's, file systems', services'."""
NOBODY = Settling({})
APART = SECOND
"""Two findings of the same are one where no more than this lies between them."""

REFUTED = 0.2
"""What is left of the confidence in a power cut of a machine whose journal goes on."""

NETWORK = frozenset({SILENCE, FLAPPING, IMPAIRED, DROPPED})
OF_BOOTING = frozenset({"tftp-stalled", "http-stalled", "leases-exhausted"})
EXPLAINS: Mapping[str, frozenset[str]] = {
    SITE: NETWORK | {POWER, PAUSED, SERVICE},
    POWER: NETWORK | {PAUSED, SERVICE, "disk-stall", "disk-slow", "cpu-pressure"},
    PAUSED: NETWORK | {SERVICE, "disk-stall", "clock-jump", "cpu-pressure"},
    READ_ONLY: NETWORK | {PAUSED, SERVICE},
    FLAPPING: NETWORK | {"cpu-pressure"},
    SILENCE: frozenset({FLAPPING, IMPAIRED, DROPPED, SILENCE, "cpu-pressure"}),
    IMPAIRED: frozenset({"cpu-pressure"}),
    SERVICE: frozenset({DROPPED, IMPAIRED, "cpu-pressure"}),
    "disk-stall": frozenset({DROPPED, IMPAIRED, SERVICE, "disk-slow", "cpu-pressure"}),
    "disk-slow": frozenset({DROPPED, IMPAIRED, SERVICE, "cpu-pressure"}),
    DROPPED: frozenset({IMPAIRED, "cpu-pressure"}),
    "rogue-dhcp": OF_BOOTING,
    "boot-server-down": OF_BOOTING,
}
"""By the families of `harness.incident.diagnosis.reach`: what follows from a cause, where it is about the same."""


@dataclass(frozen=True)
class Explained:
    """A finding that follows from another one."""

    finding: Finding
    cause: Finding


def joined(places: Places, findings: Iterable[Finding]) -> list[Finding]:
    """Return findings with those of the same reach put together that overlap, or nearly do."""
    kept: list[Finding] = []
    for one in sorted(findings, key=lambda finding: finding.began):
        same = [other for other in kept if _same(places, one, other) and one.began <= _end(other) + APART]
        if same:
            kept.remove(same[-1])
            kept.append(_together(same[-1], one))
        else:
            kept.append(one)
    return kept


def refuted(record: Record, places: Places, findings: Iterable[Finding]) -> list[Finding]:
    """Return findings with little confidence in each power cut of a machine whose journal just goes on."""
    return [_weakened(record, one) if places.reach(one.fault).family in (SITE, POWER) else one for one in findings]


def causes(
    places: Places, findings: Sequence[Finding], settling: Settling = NOBODY
) -> tuple[list[Finding], tuple[Explained, ...]]:
    """Return the findings that nothing explains, and those that something does, each with its cause.

    `settling` says which machines were started anew, and when they had started all.
    """
    left: list[Finding] = []
    explained: list[Explained] = []
    for one in findings:
        cause = _cause(places, settling, findings, one)
        if cause is None:
            left.append(one)
        else:
            explained.append(Explained(one, cause))
    return left, tuple(explained)


def apart_from_reboots(
    places: Places, findings: Sequence[Finding], settling: Settling
) -> tuple[list[Finding], list[str]]:
    """Return the findings that no reboot in good order brought about, and words about the others."""
    left: list[Finding] = []
    notes: list[str] = []
    for one in findings:
        machine = _rebooted(places, settling, one)
        if machine is None:
            left.append(one)
        else:
            notes.append(f"{describe(one.fault)!r} is left out: {machine} was rebooted in good order meanwhile")
    return left, notes


def _rebooted(places: Places, settling: Settling, effect: Finding) -> str | None:
    """Return the machine whose reboot in good order a finding is about."""
    below = places.reach(effect.fault)
    if below.family not in EXPLAINS[POWER]:
        return None
    return next(
        (
            machine
            for machine, reboots in settling.reboots.items()
            if _covers(Reach(POWER, machines=frozenset({machine})), below)
            and any(one.began - SLACK <= effect.began and _end(effect) <= one.settled + AFTER_OTHERS for one in reboots)
        ),
        None,
    )


def _cause(places: Places, settling: Settling, findings: Sequence[Finding], one: Finding) -> Finding | None:
    """Return what explains a finding: another one by itself, else the first of several of another kind together."""
    below = places.reach(one.fault)
    able = [
        (other, places.reach(other.fault))
        for other in findings
        if other is not one and _may_explain(places, settling, other, one)
    ]
    alone = next((other for other, above in able if _covers(above, below)), None)
    if alone is not None or below.machines or not below.deaf:
        return alone
    others = [(other, above) for other, above in able if above.family != below.family]
    pairs = [Reach(below.family, frozenset({pair})) for pair in below.deaf]
    return others[0][0] if all(any(_covers(above, pair) for _, above in others) for pair in pairs) else None


def _may_explain(places: Places, settling: Settling, cause: Finding, effect: Finding) -> bool:
    """Say whether one finding may explain another one by its kind and time, if it is about the same."""
    above, below = places.reach(cause.fault), places.reach(effect.fault)
    doubtful = cause.confidence < min(effect.confidence, LIKELY)
    brief = above.family == PAUSED and _end(effect) - effect.began <= A_MOMENT
    if below.family not in EXPLAINS.get(above.family, ()) or (doubtful and not brief):
        return False
    if above.family == below.family and above.deaf == below.deaf:
        return False
    over = _end(cause) + (SLACK if doubtful else AFTERMATH.get(above.family, AFTER_OTHERS))
    if above.family in RESTARTS:
        over = settling.after(above.machines, cause.began, over) + AFTER_OTHERS
    return cause.began - SLACK <= effect.began and _end(effect) <= over


def _covers(above: Reach, below: Reach) -> bool:
    """Say whether all that one fault reaches is about what the other one reaches, too."""
    if below.machines:
        return below.machines <= (above.machines or above.concerned)
    if above.deaf:
        return below.deaf <= above.deaf
    return all(above.machines & {*pair} for pair in below.deaf)


def _weakened(record: Record, one: Finding) -> Finding:
    """Return a power cut as it is to be believed, given what the machines said meanwhile."""
    machines = Places(record.topology).reach(one.fault).machines
    went_on = next((entry for name in machines if (entry := _went_on(record, name, one)) is not None), None)
    if went_on is None:
        return one
    proof = Evidence(went_on.entry.file, "the journal goes on in the same boot", line=went_on.entry.line)
    return replace(one, confidence=min(one.confidence, REFUTED), evidence=(*one.evidence, proof))


def _went_on(record: Record, machine: str, one: Finding) -> Logged | None:
    """Return what a machine said while it is held to have had no power, in the boot that it was in before."""
    theirs = [entry for entry in record.logged if record.machine_of.get(entry.entry.host) == machine]
    before = [entry.entry.boot for entry in theirs if entry.time <= one.began]
    if not before:
        return None
    last = max(_end(one) - SLACK, one.began + SLACK)
    return next(
        (entry for entry in theirs if one.began + SLACK < entry.time < last and entry.entry.boot == before[-1]), None
    )


def _same(places: Places, one: Finding, other: Finding) -> bool:
    return one.fault == other.fault or (
        type(one.fault) is not type(other.fault) and places.reach(one.fault) == places.reach(other.fault)
    )


def _together(one: Finding, other: Finding) -> Finding:
    """Return one finding for two of the same, in the words of the surer one."""
    surer = max(one, other, key=lambda finding: finding.confidence)
    lasting = [each for each in (one, other) if each.fault.word not in MOMENTARY]
    ended = None if any(each.ended is None for each in lasting) else max(map(_end, lasting), default=None)
    if surer.fault.word in MOMENTARY:
        ended = surer.ended
    evidence = tuple(dict.fromkeys([*one.evidence, *other.evidence]))
    confidence = 1 - (1 - one.confidence) * (1 - other.confidence)
    return replace(surer, began=min(one.began, other.began), ended=ended, evidence=evidence, confidence=confidence)


def _end(one: Finding) -> int:
    """Return when a finding ended; what has no end by its nature ended as it began."""
    if one.ended is not None:
        return one.ended
    return one.began if one.fault.word in MOMENTARY else FOREVER


FOREVER = 2**63
