"""From packets to soundings: which frames arrived, and which TCP segments were answered, or never were.

A capture at a machine's own cable shows what came to it. What it sends is known to have arrived when it is
acknowledged. A segment that was sent again tells nothing by an acknowledgement alone (Karn's ambiguity, RFC 6298); but
one that is acknowledged a round trip after its last transmission was lost before, and of one that is acknowledged much
later some transmission had arrived, the first or a later one: it was the answer that did not come. What a receiver says
to have got twice was not lost, but sent again too early, as it is to a host that is busy.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from harness.capture.protocols.tcp import ACK, FIN, RST, SYN
from harness.incident.network.soundings import Sounding, Trip

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.incident.network.passages import Passage
    from harness.incident.network.soundings import Soundings, Way
    from harness.incident.network.vantages import Point, Vantage
    from harness.incident.packet import Packet

PROMPT = 250_000_000
"""An acknowledgement later than this is late: hosts delay them by up to 200 ms (RFC 1122 allows 500; nobody does)."""
PATIENT = 300_000_000
"""What was sent less than this before the evidence ends may yet be answered: hosts wait 200 ms before they repeat."""
TOO_SOON = 8
"""What is answered in this part of the shortest round trip is no answer to what was sent last."""
OVERDUE = 1_200_000_000
"""An answer that is late by less may have waited for its sender to ask for a MAC address again, once a second."""
TWICE = 2
LATELY = 16
"""So many segments back a receiver may say that something came twice."""
SEQUENCES = 1 << 32
HALF = 1 << 31

Flow = tuple[str, int, str, int]


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
        self._ended = vantage.ended
        self._found = found
        self._flows: dict[Flow, _Talk] = {}

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

    def _talk(self, packet: Packet, way: Way) -> _Talk:
        key = (packet.src, packet.src_port, packet.dst, packet.dst_port)
        talk = self._flows.get(key)
        if talk is None:
            there = (packet.dst, packet.dst_port, packet.src, packet.src_port)
            talk = self._flows[key] = _Talk(way, self._found, self._own)
            back = self._flows[there] = _Talk(way.back, self._found, self._own)
            talk.back, back.back = back, talk
        return talk


class _Segment:
    """Octets that wait for their acknowledgement, and when they were sent."""

    __slots__ = ("came_twice", "end", "start", "transmissions")

    def __init__(self, start: int, end: int, first: Sounding) -> None:
        self.start = start
        self.end = end
        self.transmissions = [first]
        self.came_twice = False

    def has(self, octet: int) -> bool:
        """Whether an octet is in it."""
        return (octet - self.start) % SEQUENCES < (self.end - self.start) % SEQUENCES


class _Talk:
    """One direction of a TCP connection at one capture point."""

    back: _Talk

    def __init__(self, way: Way, found: Soundings, own: str | None) -> None:
        self.way = way
        self._asks = own != way.listener
        """At the receiver's own cable, arrivals say all; what it acknowledges there says nothing of the way."""
        self._found = found
        self._waiting: deque[_Segment] = deque()
        self._top: int | None = None
        self._quickest: int | None = None
        self._holes: list[tuple[int, Sounding]] = []
        self._doubtful: deque[tuple[_Segment, Sounding]] = deque(maxlen=LATELY)
        """Of segments that were answered after their second transmission, the first one, which was held to be lost."""

    def say(self, place: int, packet: Packet) -> None:
        """Take a segment that is sent this way."""
        flags = packet.flags
        if flags & SYN and self._top is not None and packet.seq != (self._top - 1) % SEQUENCES:
            self.give_up(packet.time)  # another connection between the same ports
            self._top = None
        if flags & RST:
            self.back.refuse(packet.time)
            self.give_up(packet.time - PATIENT)
            return
        if packet.twice:
            self.back.came_twice(packet.twice)
        if flags & ACK and self.back.waits:
            self.back.settle(packet.ack, packet.time, prompt=bool(packet.payload or flags & SYN))
        length = packet.payload + bool(flags & SYN) + bool(flags & FIN)
        if length:
            self._send(packet.seq, (packet.seq + length) % SEQUENCES, Sounding(packet.time, place))

    @property
    def waits(self) -> bool:
        """Whether anything is to be acknowledged."""
        return bool(self._waiting)

    def _send(self, start: int, end: int, sounding: Sounding) -> None:
        top = self._top
        if top is not None and _is_before(start, top):
            for one in self._waiting:
                if _is_before(one.start, end) and _is_before(start, one.end):
                    one.transmissions.append(sounding)
            for hole in [hole for hole in self._holes if hole[0] == start]:
                self._holes.remove(hole)
                self._found.missed[self.way].append(hole[1])
        elif not self._asks and top is not None and start != top:
            self._holes.append((top, sounding))
        if top is None or _is_before(top, end):
            if self._asks:
                self._waiting.append(_Segment(start if top is None or _is_before(top, start) else top, end, sounding))
            self._top = end
        if not self._found.is_exact(self.way.pair, sounding.time):
            self._found.sent[self.way].append(sounding.time)

    def settle(self, acknowledged: int, time: int, *, prompt: bool) -> None:
        """Take an acknowledgement of all octets before one."""
        waiting = self._waiting
        while waiting and (acknowledged - waiting[0].end) % SEQUENCES < HALF:
            self._answered(waiting.popleft(), time, prompt=prompt)

    def came_twice(self, octet: int) -> None:
        """Take that an octet came twice: of two transmissions none was lost."""
        for one in self._waiting:
            one.came_twice |= one.has(octet)
        for segment, first in [each for each in self._doubtful if each[0].has(octet)]:
            self._doubtful.remove((segment, first))
            self._found.lost[self.way].remove(first)
            self._found.unheard[self.way.back].remove(first)
            self._found.again[self.way].append(first)

    def refuse(self, time: int) -> None:
        """Take a reset, which answers what was sent just before it; what else waits is answered by nothing any more."""
        recent = [one for one in self._waiting if time - one.transmissions[-1].time <= PROMPT]
        for one in recent:
            self._answered(one, time, prompt=True)
        self._waiting = deque(one for one in self._waiting if one not in recent)
        self.give_up(time)

    def _answered(self, segment: _Segment, time: int, *, prompt: bool) -> None:
        tries = segment.transmissions
        twice = len(tries) == TWICE
        if len(tries) == 1:
            took = time - tries[0].time
            self._quickest = took if self._quickest is None else min(took, self._quickest)
            self._found.round_trips[self.way].append(Trip(*tries[0], took, prompt))
        while len(tries) > 1 and self._quickest and (time - tries[-1].time) * TOO_SOON < self._quickest:
            tries.pop()  # no answer comes so soon: it is that to an earlier transmission
        waited = time - tries[-1].time
        if twice and segment.came_twice:
            self._found.through[self.way].append(tries.pop())
            self._found.again[self.way] += self._inferred(tries)
        elif waited <= PROMPT:
            self._found.through[self.way].append(tries.pop())
            self._lose(tries)
            if twice and self._inferred(tries):
                self._doubtful.append((segment, tries[0]))
        elif len(tries) == 1 or (waited > OVERDUE and not self._found.is_exact(self.way.pair, tries[0].time)):
            self._found.through[self.way].append(tries[0])

    def give_up(self, before: int) -> None:
        """Say of what was sent before a moment that it is not answered any more; forget the rest."""
        while self._waiting:
            self._lose([one for one in self._waiting.popleft().transmissions if one.time < before])

    def _inferred(self, soundings: Iterable[Sounding]) -> list[Sounding]:
        """Return those of which nobody saw what became of them."""
        return [one for one in soundings if not self._found.is_exact(self.way.pair, one.time)]

    def _lose(self, soundings: list[Sounding]) -> None:
        if inferred := self._inferred(soundings):
            self._found.lost[self.way] += inferred
            self._found.unheard[self.way.back] += inferred


def _is_before(one: int, other: int) -> bool:
    """Return whether a sequence number is before another one, which may have started anew at 0 (RFC 9293, 3.4)."""
    return 0 < (other - one) % SEQUENCES < HALF
