"""One direction of a TCP connection at one capture point: what of it was answered, sent again, or never answered.

What a machine sends is known to have arrived when it is acknowledged. A segment that was sent again tells nothing by
an acknowledgement alone (Karn's ambiguity, RFC 6298); but one that is acknowledged a round trip after its last
transmission was lost before, and of one that is acknowledged much later some transmission had arrived, the first or a
later one: it was the answer that did not come. What a receiver says to have got twice (RFC 2883) was not lost, but sent
again too early, as it is to a host that is busy. Where answers are missing, by their numbers, nobody knows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from typing import TYPE_CHECKING

from harness.capture.protocols.tcp import ACK, FIN, RST, SYN
from harness.incident.network.soundings import BEFORE, BEHIND, BETWEEN, Sounding, Stretch, Tally, Trip

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.incident.network.soundings import Soundings, Way
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


class _Segment:
    """Octets that wait for their acknowledgement, and when they were sent.

    `tells` says that its receiver can say that it came twice: not of the first and the last one of a connection.
    """

    __slots__ = ("came_twice", "counted", "end", "start", "tells", "transmissions")

    def __init__(self, start: int, end: int, first: Sounding, *, tells: bool) -> None:
        self.start = start
        self.end = end
        self.tells = tells
        self.transmissions = [first]
        self.counted: list[Sounding] = []
        self.came_twice = False

    def has(self, octet: int) -> bool:
        """Whether an octet is in it."""
        return (octet - self.start) % SEQUENCES < (self.end - self.start) % SEQUENCES


class Talk:
    """One direction of a TCP connection at one capture point."""

    back: Talk

    def __init__(self, way: Way, found: Soundings, own: str | None, gaps: Sequence[int]) -> None:
        self.way = way
        self._gaps = gaps
        """When packets of it were missing for certain."""
        self._found = found
        self._inward = own == way.listener
        """At the receiver's own cable, arrivals say all of the way; what is not acknowledged got lost behind it."""
        known = way.pair in found.counted or (way.pair in found.exact and own != way.speaker)
        self._before = Tally() if known else found.hidden[Stretch(way.pair, BEFORE)]
        part = BEHIND if self._inward else BETWEEN
        known = part == BETWEEN and way.pair in found.exact
        self._ahead = Tally() if known else found.hidden[Stretch(way.pair, part)]
        self._waiting: deque[_Segment] = deque()
        self._top: int | None = None
        self._quickest: int | None = None
        self._holes: list[tuple[int, Sounding]] = []
        self._doubtful: deque[tuple[_Segment, Sounding | None]] = deque(maxlen=LATELY)
        """Of segments that were answered after another transmission, the first one where it was held to be lost."""

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
            end = (packet.seq + length) % SEQUENCES
            self._send(packet.seq, end, Sounding(packet.time, place), tells=not flags & (SYN | FIN))

    @property
    def waits(self) -> bool:
        """Whether anything is to be acknowledged."""
        return bool(self._waiting)

    def _send(self, start: int, end: int, sounding: Sounding, *, tells: bool) -> None:
        top = self._top
        if top is not None and _is_before(start, top):
            for one in self._waiting:
                if _is_before(one.start, end) and not _is_before(one.start, start):
                    one.transmissions.append(sounding)
            for hole in [hole for hole in self._holes if hole[0] == start]:
                self._holes.remove(hole)
                self._before.lost.append(hole[1])
        elif top is not None and start != top:
            self._holes.append((top, sounding))
        if top is None or _is_before(top, end):
            first = start if top is None or _is_before(top, start) else top
            self._waiting.append(_Segment(first, end, sounding, tells=tells))
            self._top = end
        self._before.tried.append(sounding.time)

    def missed(self, since: int, until: int) -> bool:
        """Return whether packets of it were missing within a time."""
        return bisect_right(self._gaps, since) < bisect_right(self._gaps, until)

    def settle(self, acknowledged: int, time: int, *, prompt: bool) -> None:
        """Take an acknowledgement of all octets before one."""
        waiting = self._waiting
        while waiting and (acknowledged - waiting[0].end) % SEQUENCES < HALF:
            self._answered(waiting.popleft(), time, prompt=prompt)

    def came_twice(self, octet: int) -> None:
        """Take that an octet came twice: of two transmissions none was lost, nor of what was sent again with it."""
        again = {
            one.transmissions[-1]
            for one in (*self._waiting, *(segment for segment, _ in self._doubtful))
            if one.has(octet)
        }
        for one in self._waiting:
            one.came_twice |= one.transmissions[-1] in again
        for segment, first in [each for each in self._doubtful if each[0].transmissions[-1] in again]:
            self._doubtful.remove((segment, first))
            for each in segment.counted:
                self._ahead.lost.remove(each)
            if first is not None:
                self._found.lost[self.way].remove(first)
                self._found.unheard[self.way.back].remove(first)

    def refuse(self, time: int) -> None:
        """Take a reset, which answers what was sent just before it; what else waits is answered by nothing any more."""
        recent = [one for one in self._waiting if time - one.transmissions[-1].time <= PROMPT]
        for one in recent:
            self._answered(one, time, prompt=True)
        self._waiting = deque(one for one in self._waiting if one not in recent)
        self.give_up(time)

    def _answered(self, segment: _Segment, time: int, *, prompt: bool) -> None:
        tries = list(segment.transmissions)
        if len(tries) == 1 and not self._inward:
            took = time - tries[0].time
            self._quickest = took if self._quickest is None else min(took, self._quickest)
            self._found.round_trips[self.way].append(Trip(*tries[0], took, prompt))
        while len(tries) > 1 and self._quickest and (time - tries[-1].time) * TOO_SOON < self._quickest:
            tries.pop()  # no answer comes so soon: it is that to an earlier transmission
        self._count(segment, tries, time)
        doubtful = None if self._inward else self._infer(segment, tries, time)
        if segment.counted or doubtful is not None:
            self._doubtful.append((segment, doubtful))

    def _count(self, segment: _Segment, tries: Sequence[Sounding], time: int) -> None:
        """Count what was sent again for lost on the way from here on, and what was not for not.

        Nobody knows where an answer may have got lost: then neither counts, or what arrived would count more often.
        """
        if segment.tells and not self.back.missed(tries[0].time, max(time, tries[0].time + PROMPT)):
            self._ahead.tried += [one.time for one in tries]
            segment.counted = [] if segment.came_twice else list(tries[:-1])
            self._ahead.lost += segment.counted

    def _infer(self, segment: _Segment, tries: list[Sounding], time: int) -> Sounding | None:
        """Say what got through, and what did not; return what may yet turn out to have come twice."""
        twice = len(segment.transmissions) == TWICE
        waited = time - tries[-1].time
        if twice and segment.came_twice:
            self._found.through[self.way].append(tries[-1])
        elif waited <= PROMPT:
            self._found.through[self.way].append(tries.pop())
            self._lose(tries)
            if twice and self._inferred(tries):
                return tries[0]
        elif len(tries) == 1 or (waited > OVERDUE and not self._found.is_exact(self.way.pair, tries[0].time)):
            self._found.through[self.way].append(tries[0])
        return None

    def give_up(self, before: int) -> None:
        """Say of what was sent before a moment that it is not answered any more; forget the rest."""
        while self._waiting:
            lost = [one for one in self._waiting.popleft().transmissions if one.time < before]
            if not self._inward:
                self._lose(lost)

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
