"""The moments of a capture that journals tell of, too: by them the clocks of machines are set beside it.

Each moment has a key that says what happened to whom, such as that a member stood for election in a term.
`harness.incident.clocks.traces` finds the same keys in a journal's lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from harness.capture.events import DhcpAck, GossipDead, GossipSuspect, RaftMessage, RaftPreVote, RaftVote
from harness.capture.protocols.tcp import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.capture.events import Event
    from harness.incident.packet import Packet

    End: TypeAlias = tuple[str, int]
    Key: TypeAlias = tuple[str | int, ...]

CALLED = "called"
CONTROL = SYN | FIN | RST
MOST_KEYS = 1 << 17
MOST_TIMES = 40
"""Of one key: what happens more often than that tells no moment."""
AGAIN = 1_000_000_000
"""Nanoseconds after which something is said anew; gossip says everything several times."""
AT_ONCE = 50_000_000
"""Nanoseconds within which what happens to connections is one moment: a process that dies ends all that it has."""


class Marks:
    """The moments that a capture tells, on its own clock."""

    def __init__(self) -> None:
        self._times: dict[Key, list[int]] = {}
        self._controls: list[tuple[int, str, End, End]] = []
        self._streams: dict[tuple[End, End], tuple[int, int]] = {}
        self._terms: dict[int, int] = {}

    def packet(self, packet: Packet) -> None:
        """Take a packet: where it opens, refuses or ends a connection, somebody may have written that down."""
        if not packet.flags & CONTROL or packet.carries != "tcp":
            return
        time = packet.time
        source, target = (packet.src, packet.src_port), (packet.dst, packet.dst_port)
        self._mark(time, "connection", *sorted((_end(source), _end(target))), apart=AT_ONCE)
        if packet.flags & (SYN | ACK) == SYN:
            self._mark(time, "client", _end(source))
            self._mark(time, "from", packet.src)
            self._mark(time, CALLED, _end(target), apart=AT_ONCE)
        elif packet.flags & RST and not packet.seq:
            self._mark(time, "refused", _end(source))
        elif len(self._controls) < MOST_KEYS:
            self._controls.append(
                (time, "opened" if packet.flags & SYN else "ended", min(source, target), max(source, target))
            )

    def event(self, event: Event) -> None:
        """Take an event."""
        match event:
            case RaftMessage(sender=int(sender), receiver=receiver, term=term) if term:
                ends = (event.src, event.src_port or 0), (event.dst, event.dst_port or 0)
                self._streams[min(ends), max(ends)] = (sender, receiver or 0)
                if isinstance(event, RaftVote | RaftPreVote):
                    self._mark(event.time, "candidate", sender, term, apart=AGAIN)
                self._message(event.time, sender, receiver, term)
            case GossipSuspect(node=node):
                self._mark(event.time, "suspect", node, apart=AGAIN)
            case GossipDead(node=node):
                self._mark(event.time, "failed", node, apart=AGAIN)
            case DhcpAck(address=address) if address is not None:
                self._mark(event.time, "leased", str(address), apart=AGAIN)

    def times(self) -> Iterator[tuple[Key, list[int]]]:
        """Yield each key with its moments, but for what happens too often to tell one."""
        for time, what, *ends in self._controls:
            for member in self._streams.get((ends[0], ends[1]), ()):
                self._mark(time, what, member, apart=AT_ONCE)
            (one, port), (other, other_port) = ends
            self._mark(time, what, one, other, min(port, other_port), apart=AT_ONCE)
        self._controls.clear()
        yield from ((key, times) for key, times in self._times.items() if len(times) <= MOST_TIMES)

    def _message(self, time: int, sender: int, receiver: int | None, term: int) -> None:
        """Take a message of a term. A term is new only to whom the capture has seen in an older one."""
        if self._terms.get(sender, term) < term:
            self._mark(time, "leader", sender, term)
        if receiver is not None and self._terms.get(receiver, term) < term:
            self._mark(time, "follower", receiver, term)
        for member in (sender, receiver):
            if member is not None:
                self._terms[member] = max(term, self._terms.get(member, 0))

    def _mark(self, time: int, *key: str | int, apart: int = 0) -> None:
        """Note a moment; one that is not so many nanoseconds after the last one is the same."""
        times = self._times.get(key)
        if times is None:
            if len(self._times) < MOST_KEYS:
                self._times[key] = [time]
        elif time - times[-1] >= apart and len(times) <= MOST_TIMES:
            times.append(time)


def _end(end: tuple[str, int]) -> str:
    return f"{end[0]}:{end[1]}"
