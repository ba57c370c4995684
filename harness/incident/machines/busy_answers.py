"""Processors that had too much to do, by the wire: programs answer late, while their kernel acknowledges as ever. Pure.

What a program answers by itself and at once tells: heartbeats of Raft, probes of gossip. Where the kernel is late, too,
it was the network; where all machines are, it was what they share; where frames were sent again, it was loss.
"""

from __future__ import annotations

from collections import defaultdict
from statistics import quantiles
from typing import TYPE_CHECKING

from harness.capture.describe import NANO
from harness.capture.events import GossipAck, GossipPing, RaftHeartbeat, RaftHeartbeatResponse, TcpRetransmission
from harness.faults.pressure import CpuPressure
from harness.incident.citing import decoded
from harness.incident.finding import Finding
from harness.incident.network.levels import levels
from harness.incident.network.soundings import Trip

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from harness.incident.machines.scene import Scene
    from harness.incident.network.levels import Level
    from harness.incident.record import Heard

LONGEST = NANO
"""What is not answered within that time was lost, or stood still."""
TIMES = 3
LEAST = 10_000_000
"""By how much later answers have to be, as a multiple and in nanoseconds."""
KERNEL = 4
"""And so many times less later is the kernel, at most."""
FEWEST = 8
"""Acknowledgements in that time, so that they say something."""
RESENT = 3
SURE = 0.45
SYN, FIN, RST, ACK = 0x02, 0x01, 0x04, 0x10
WRAPS = 1 << 32


def find(scene: Scene) -> Iterator[Finding]:
    """Yield each time in which one machine's programs answered late, and its kernel did not."""
    said, answers = _answers(scene)
    late = {machine: _late(trips) for machine, trips in answers.items()}
    if len(answers) < 2 or not any(late.values()):  # noqa: PLR2004 - who is alone may be as late as all would be
        return
    kernel = _acknowledgements(scene)
    for machine, spans in late.items():
        for level in spans:
            shared = any(_meet(level, other) for one, those in late.items() if one != machine for other in those)
            if not shared and _quick(level, kernel.get(machine, ())) and not _resent(scene, level):
                yield _told(machine, level, said)


def _answers(scene: Scene) -> tuple[list[Heard], Mapping[str, list[Trip]]]:
    """Return the answers, and how long each machine's programs took for theirs, to the last question before each.

    What was asked before that may have been lost.
    """
    asked: dict[Hashable, int] = {}
    said: list[Heard] = []
    found: defaultdict[str, list[Trip]] = defaultdict(list)
    for one in scene.record.heard:
        event = one.event
        match event:
            case GossipPing() | RaftHeartbeat():
                asked[_question(one, event.dst, event.src)] = one.time
            case GossipAck() | RaftHeartbeatResponse():
                since = asked.pop(_question(one, event.src, event.dst), None)
                machine = scene.record.machine_of.get(event.src)
                if since is not None and machine is not None and one.time - since <= LONGEST:
                    found[machine].append(Trip(since, len(said), one.time - since))
                    said.append(one)
    return said, {machine: sorted(trips) for machine, trips in found.items()}


def _question(one: Heard, who: str, by: str) -> Hashable:
    """Return what a question has in common with its answer."""
    event = one.event
    number = event.sequence if isinstance(event, GossipPing | GossipAck) else getattr(event, "port", 0)
    return one.capture, event.link, event.protocol, who, by, number


def _late(trips: Sequence[Trip]) -> list[Level]:
    return [one for one in levels(trips) if one.took > max(TIMES * one.usual, one.usual + LEAST)]


def _acknowledgements(scene: Scene) -> Mapping[str, list[Trip]]:
    """Return how long each machine's kernel took to acknowledge by itself what came."""
    came: dict[tuple[object, ...], int] = {}
    found: defaultdict[str, list[Trip]] = defaultdict(list)
    for number, packet in enumerate(scene.record.packets):
        if packet.carries != "tcp" or packet.flags & (FIN | RST):
            continue
        opens = packet.flags & (SYN | ACK) == SYN
        if packet.payload or opens:
            end = (packet.seq + packet.payload + opens) % WRAPS
            came.setdefault(
                (packet.capture, packet.dst, packet.src, packet.dst_port, packet.src_port, end), packet.time
            )
        if packet.flags & ACK and (not packet.payload or packet.flags & SYN):
            key = (packet.capture, packet.src, packet.dst, packet.src_port, packet.dst_port, packet.ack)
            machine = scene.record.machine_of.get(packet.src)
            if machine is not None and (since := came.pop(key, None)) is not None:
                found[machine].append(Trip(since, number, packet.time - since))
    return found


def _quick(level: Level, trips: Sequence[Trip]) -> bool:
    """Whether the kernel was about as quick in that time as it was otherwise, by the quicker quarter of what it did."""
    until = _end(level)
    within = [one.took for one in trips if level.began <= one.time <= until]
    usual = [one.took for one in trips if not level.began <= one.time <= until]
    if len(within) < FEWEST or len(usual) < FEWEST:
        return False
    return quantiles(within)[0] - quantiles(usual)[0] < (level.took - level.usual) / KERNEL


def _resent(scene: Scene, level: Level) -> bool:
    again = [one for one in scene.record.heard if isinstance(one.event, TcpRetransmission)]
    return sum(level.began <= one.time <= _end(level) for one in again) >= RESENT


def _meet(one: Level, other: Level) -> bool:
    return one.began < _end(other) and other.began < _end(one)


def _end(level: Level) -> int:
    return 1 << 63 if level.ended is None else level.ended


def _told(machine: str, level: Level, said: Sequence[Heard]) -> Finding:
    late = f"after {level.took / 1e6:.0f} ms, {level.usual / 1e6:.1f} ms are usual, and its kernel is as quick as ever"
    first, last = said[level.first], said[level.last]
    evidence = (decoded(first, f"from here on {machine}'s programs answer {late}"), decoded(last, "the last of these"))
    return Finding(CpuPressure((machine,)), level.began, level.ended, evidence, SURE)
