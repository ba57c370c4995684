"""Whether a machine that was not heard was running meanwhile: was its cable cut, or did it stand still."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING

from harness.capture.protocols.tcp import RST, SYN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.incident.network.passages import Passage
    from harness.incident.record import Record

BEFORE, AFTER = 10_000_000_000, 15_000_000_000
"""How long before and after a silence connections are looked at, in nanoseconds."""
EDGE = 100_000_000


class Life:
    """What tells of machines that they were running."""

    def __init__(self, record: Record, seen: Sequence[Passage]) -> None:
        self._seen = seen
        self._times = [one.packet.time for one in seen]
        self._sent: defaultdict[str, list[int]] = defaultdict(list)
        self._came: defaultdict[str, list[int]] = defaultdict(list)
        self._logged: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        for one in seen:
            if one.at.machine == one.way.speaker:
                self._sent[one.way.speaker].append(one.packet.time)
            elif one.at.machine == one.way.listener:
                self._came[one.way.listener].append(one.packet.time)
        for line in record.logged:
            name = record.machine_of.get(line.entry.host, line.entry.host)
            self._logged[name].append((line.time, line.entry.boot))
        for lines in self._logged.values():
            lines.sort()

    def was_running(self, machine: str, since: int, until: int) -> bool | None:
        """Return whether a machine ran for certain, or did not, in a time in which others did not hear it.

        It ran where its own cable carried frames that it sent, where its journal went on, or where connections of
        before go on after it. It did not where another boot follows, where its own cable carried only what was sent
        to it, or where it knows none of its connections any more.
        """
        boots = self._boots(machine, since, until)
        if len(boots) > 1:
            return False
        if self._within(self._sent[machine], since, until) or self._wrote(machine, since, until):
            return True
        if self._within(self._came[machine], since, until):
            return False
        went_on, refused = self._connections(machine, since, until)
        if went_on or refused:
            return went_on
        return None

    @staticmethod
    def _within(times: Sequence[int], since: int, until: int) -> bool:
        return bisect_right(times, since + EDGE) < bisect_left(times, until - EDGE)

    def _wrote(self, machine: str, since: int, until: int) -> bool:
        return any(since + EDGE < time < until - EDGE for time, _ in self._logged[machine])

    def _boots(self, machine: str, since: int, until: int) -> set[str]:
        """Return the boots that a machine's journal tells of just before and just after a time."""
        before = [boot for time, boot in self._logged[machine] if time <= since and boot]
        after = [boot for time, boot in self._logged[machine] if since < time < until + AFTER and boot]
        return {*before[-1:], *after}

    def _connections(self, machine: str, since: int, until: int) -> tuple[bool, bool]:
        """Return whether any connection of before goes on after a time, and whether any is refused then."""
        old = {
            _flow(one)
            for one in self._between(since - BEFORE, since)
            if machine in one.way.pair and not one.packet.flags & (SYN | RST)
        }
        went_on = refused = False
        for one in self._between(until, until + AFTER):
            if one.way.speaker != machine:
                continue
            if one.packet.flags & SYN:
                old.discard(_flow(one))
            elif _flow(one) in old:
                refused |= bool(one.packet.flags & RST)
                went_on |= not one.packet.flags & RST
        return went_on, refused

    def _between(self, since: int, until: int) -> Iterator[Passage]:
        first, last = bisect_left(self._times, since), bisect_right(self._times, until)
        return (one for one in self._seen[first:last] if one.packet.carries == "tcp")


def _flow(one: Passage) -> frozenset[tuple[str, int]]:
    packet = one.packet
    return frozenset({(packet.src, packet.src_port), (packet.dst, packet.dst_port)})
