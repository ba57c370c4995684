"""From packets to soundings: which frames arrived, and which TCP segments were answered, or never were.

A capture at a machine's own cable shows what came to it; of what was said elsewhere, `talks` tells by the answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.incident.network.soundings import Sounding
from harness.incident.network.talks import PATIENT, Talk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.incident.network.passages import Passage
    from harness.incident.network.soundings import Flow, Soundings, Way
    from harness.incident.network.vantages import Point, Vantage
    from harness.incident.packet import Packet


def listen(seen: Iterable[Passage], found: Soundings) -> None:
    """Add what each point says by itself. Of pairs whose losses are known exactly, it is not inferred from answers."""
    ears: dict[Point, _Ear] = {}
    for place, packet, way, at in seen:
        if at.point not in ears:
            ears[at.point] = _Ear(at, found)
        ears[at.point].hear(place, packet, way)
    for ear in ears.values():
        ear.finish()


class _Ear:
    """One capture point."""

    def __init__(self, vantage: Vantage, found: Soundings) -> None:
        self._own = vantage.machine
        self._point = vantage.point
        self._ended = vantage.ended
        self._found = found
        self._flows: dict[Flow, Talk] = {}

    def hear(self, place: int, packet: Packet, way: Way) -> None:
        """Take a packet."""
        if self._own == way.listener:
            self._found.through[way].append(Sounding(packet.time, place))
        if packet.carries == "tcp":
            self._talk(packet, way).say(place, packet)

    def finish(self) -> None:
        """Give up what was not answered until the end."""
        for talk in self._flows.values():
            talk.give_up(self._ended - PATIENT)

    def _talk(self, packet: Packet, way: Way) -> Talk:
        key = (packet.src, packet.src_port, packet.dst, packet.dst_port)
        talk = self._flows.get(key)
        if talk is None:
            there = (packet.dst, packet.dst_port, packet.src, packet.src_port)
            talk = self._flows[key] = Talk(way, self._found, self._own, self._found.gaps.get((self._point, key), ()))
            back = self._flows[there] = Talk(
                way.back, self._found, self._own, self._found.gaps.get((self._point, there), ())
            )
            talk.back, back.back = back, talk
        return talk
