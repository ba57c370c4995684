"""Cuts: from silences to the faults that explain them, each at its time, with the frames that show it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.faults.links import Cut, Pull
from harness.faults.partitions import Deafen, Drop, Isolate, Split
from harness.incident.evidence import Evidence
from harness.incident.finding import Finding
from harness.incident.network import flaps, shapes, windows
from harness.incident.network.silences import FEWEST
from harness.incident.network.soundings import HIGHEST, first_after, last_before

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from harness.faults.fault import Fault
    from harness.incident.network.cables import Cables
    from harness.incident.network.life import Life
    from harness.incident.network.silences import Pair, Silence
    from harness.incident.network.soundings import Soundings
    from harness.incident.network.windows import Window
    from harness.incident.record import Record

MOST_EVIDENCE = 8
SEEN, INFERRED = 0.95, 0.85
"""How sure a cut is whose losses were seen at both ends, and one that only the lack of answers tells."""
SCARCE = 0.4
"""And how much of it where hardly anything was tried meanwhile: less than three frames, or three of very many."""
OF_USUAL = 4
"""Who is cut off sends again on each connection; less than one in so many of its usual frames is chance."""
UNKNOWN, STANDING = 0.75, 0.25
"""How much is left of that where nobody knows whether the machine was running, and where it seems that it was not."""


class Cutting:
    """What explains silences in one record. `own` are the machines at whose own cables captures were taken."""

    def __init__(self, record: Record, found: Soundings, life: Life, cables: Cables, own: Collection[str]) -> None:
        self._record = record
        self._found = found
        self._life = life
        self._cables = cables
        self._own = own
        self._machines = {machine.name for machine in record.topology.machines}
        self._paces = windows.paces(found)

    def faults(self, every: Sequence[Silence]) -> list[Finding]:
        """Return the faults that explain all silences: of everything, and of one service."""
        whole = [one for one in every if one.service is None]
        findings = [
            *self._of_all(whole),
            *self._of_clients(whole),
            *self._of_services([one for one in every if one.service is not None]),
        ]
        return flaps.fold(findings, self._link)

    def _of_all(self, whole: Sequence[Silence]) -> Iterator[Finding]:
        for window in windows.windows(self._between(whole), self._paces):
            since, until = window.inside
            own = {one.pair for one in window.silences}
            silent = windows.silent_throughout(whole, since, until) | own
            heard = windows.heard(self._found, since, until).keys() - silent
            for shape in shapes.explain(self._record.topology, silent, heard, of=self._sure(own) or own):
                told = [one for one in window.silences if one.pair in shape.silent]
                fault = self._cables.name(shape.fault, {one.pair for one in told}, since, until)
                yield self._finding(fault, window, told, self._confidence(shape.fault, told, window))

    def _of_clients(self, whole: Sequence[Silence]) -> Iterator[Finding]:
        """Yield who was cut off as only those tell who are no machines: clients of servers that do not talk themselves.

        They have to hear somebody else meanwhile, or they may have been cut off themselves.
        """
        among = self._between(whole)
        asked = [one for one in whole if len({*one.pair} & self._machines) == 1]
        for window in windows.windows(asked, self._paces):
            since, until = window.inside
            heard = windows.heard(self._found, since, until)
            reached = {end for pair in heard for end in pair}
            for machine in sorted({end for one in window.silences for end in one.pair} & (self._machines - reached)):
                told = [one for one in window.silences if machine in one.pair]
                known = any(machine in one.pair and one.first_lost.time < until for one in among if _lasts(one, since))
                if known or not reached & {end for one in told for end in one.pair}:
                    continue
                fault = self._cables.name(Isolate((machine,)), set(), since, until)
                sure = self._confidence(Isolate((machine,)), told, window)
                yield self._finding(fault, self._narrowed(window, machine), told, sure)

    def _narrowed(self, window: Window, machine: str) -> Window:
        """Return a window in which nobody hears anything of a machine, not even of what it says to a group."""
        since, until = window.inside
        heard = [through for way, through in self._found.through.items() if machine in way.pair]
        last = max((one.time for through in heard if (one := last_before(through, since))), default=0)
        first = min((one.time for through in heard if (one := first_after(through, until, HIGHEST))), default=HIGHEST)
        begins = window.begins.within(windows.Bracket(last, HIGHEST))
        return replace(window, begins=begins, ends=window.ends.within(windows.Bracket(0, first)))

    def _of_services(self, single: Sequence[Silence]) -> Iterator[Finding]:
        """Yield the faults that drop one port, or one protocol where all its services fell silent together."""
        for window in windows.windows(self._between(single), {}):
            since, until = window.inside
            pairs = {one.pair for one in window.silences}
            services = {one.service for one in window.silences if one.service is not None}
            heard = {
                way.pair
                for way in self._found.through
                if way.service in services and self._found.got_through([way], since, until)
            }
            for shape in shapes.explain(self._record.topology, pairs, heard - pairs, of=pairs):
                if not isinstance(shape.fault, Isolate | Split | Deafen):
                    continue
                who = shape.fault.who if isinstance(shape.fault, Isolate) else self._common(shape.silent)
                told = [one for one in window.silences if one.pair in shape.silent]
                confidence = INFERRED if isinstance(shape.fault, Isolate) else INFERRED * UNKNOWN
                for protocol, port in self._dropped({one.service or "" for one in told}, shape.silent, since, until):
                    yield self._finding(Drop(who, protocol, port), window, told, confidence)

    def _dropped(
        self, services: Collection[str], pairs: Collection[Pair], since: int, until: int
    ) -> Iterator[tuple[str, int | None]]:
        """Yield the protocols and ports that are silent; no port where several are and the protocol's others, too."""
        for protocol in sorted({service.partition(":")[0] for service in services}):
            ports = sorted(int(one.partition(":")[2] or 0) for one in services if one.partition(":")[0] == protocol)
            others = [way for way in self._found.through if way.pair in pairs and way.service.startswith(protocol)]
            if len(ports) > 1 and not self._found.got_through(others, since, until):
                yield protocol, None
            else:
                yield from ((protocol, port or None) for port in ports)

    def _common(self, pairs: Collection[Pair]) -> tuple[str, ...]:
        """Return who has a part in the most of some pairs."""
        ends = sorted({end for pair in pairs for end in pair})
        return (max(ends, key=lambda end: sum(end in pair for pair in pairs)),)

    def _between(self, silences: Iterable[Silence]) -> list[Silence]:
        return [one for one in silences if {*one.pair} <= self._machines]

    def _sure(self, pairs: Collection[Pair]) -> set[Pair]:
        """Return the pairs that are silent for certain, of those that lack answers in both directions.

        Where only one end was captured, nothing came there; whether what was sent there arrived elsewhere, nobody saw.
        """
        return {pair for pair in pairs if pair in self._found.exact or pair[1] in self._own or pair[::-1] not in pairs}

    def _confidence(self, fault: Fault, told: Sequence[Silence], window: Window) -> float:
        sure = SEEN if all(one.pair in self._found.exact for one in told) else INFERRED
        if all(self._is_scarce(one) for one in told):
            sure *= SCARCE
        since, until = window.inside
        suspects = self._suspects(fault)
        running = [self._life.was_running(name, since, until) for name in suspects]
        if False in running:
            return sure * STANDING
        return sure * UNKNOWN if None in running else sure

    def _is_scarce(self, one: Silence) -> bool:
        usual = (one.last_lost.time - one.first_lost.time) / self._paces.get(one.pair, HIGHEST)
        return one.lost < FEWEST or (one.lost == FEWEST and OF_USUAL * one.lost < usual)

    def _suspects(self, fault: Fault) -> Sequence[str]:
        """Return the machines that would not be heard just so if they stood still."""
        match fault:
            case Isolate(who):
                names = who
            case Deafen(_, to):
                names = to
            case Split(one, other) if len(self._machines) < 3:  # noqa: PLR2004 - then it is as good as an isolation
                names = (*one, *other)
            case _:
                return ()
        sites = {name: [one.name for one in self._record.topology.machines if one.site == name] for name in names}
        return [machine for name in names for machine in (sites[name] or [name])]

    def _link(self, fault: Fault) -> str | None:
        match fault:
            case Cut((link,)) | Pull((link,)):
                return link
            case Isolate((name,)) if name in self._machines:
                return self._cables.card(name)
            case Isolate((site,)):
                return site
        return None

    def _finding(self, fault: Fault, window: Window, told: Sequence[Silence], confidence: float) -> Finding:
        return Finding(fault, window.began, window.ended, evidence(self._record, told), round(confidence, 2))


def _lasts(one: Silence, moment: int) -> bool:
    return one.next_through is None or one.next_through.time > moment


def evidence(record: Record, silences: Sequence[Silence]) -> tuple[Evidence, ...]:
    """Return the frames at the edges of silences, the surest first."""
    shown = []
    for one in silences[:MOST_EVIDENCE]:
        way = f"from {one.speaker} to {one.listener}" + (f" ({one.service})" if one.service else "")
        shown.append(frame(record, one.first_lost.packet, f"the first of {one.lost} {way} that was not answered"))
        if one.next_through is not None:
            shown.append(frame(record, one.next_through.packet, f"the first {way} that got through again"))
    return tuple(shown)


def frame(record: Record, place: int, shows: str) -> Evidence:
    """Return a packet of the record as evidence."""
    packet = record.packets[place]
    return Evidence(packet.capture, shows, frame=packet.frame)
