"""Machines that stood still for a moment, as virtual ones do on a host that is too busy. Pure.

Where a cable is cut, what is sent meanwhile is lost and has to be sent again. A machine that stands still has it all in
its card's queue: when it goes on, it acknowledges at once what was sent to it over the whole time. Its clocks may go on
meanwhile. A machine that was not heard has acknowledged long before, and says nothing more by itself: what counts are
acknowledgements without data, which only what arrives calls forth.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from harness.capture.describe import NANO
from harness.faults.power import Pause
from harness.incident.bursts import bursts
from harness.incident.citing import seen
from harness.incident.finding import Finding
from harness.incident.observation import Observation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from harness.incident.evidence import Evidence
    from harness.incident.machines.scene import Scene
    from harness.incident.packet import Packet

HELD = NANO // 10
"""What is acknowledged so late, and was not sent again since, was held. A kernel may put that off by as much,
but of each connection by itself.
"""
FEWEST = 3
CONNECTIONS = 2
"""So many frames of so many connections have to be held, so that it is the machine that stood still."""
BURST = NANO // 10
"""Acknowledgements with no more between them are of one moment."""
SHARP = 4
"""They come in a time that is so many times shorter than that in which was sent what they acknowledge."""
FEW = 3
"""What is acknowledged promptly meanwhile is a third of that at most: a machine may have run for an instant."""
APART = 2 * NANO
"""Times with no more between them are told as one."""
LEAST, BY_SECOND, MOST = 0.3, 0.1, 0.7
"""How sure it is that somebody paused a machine: from 2 s on it is likely, shorter ones are a busy host's."""
SHARED = 0.45
"""And at most that, where several stood still at once: what they share did."""
MOST_CITED = 6
SYN, FIN, RST, ACK = 0x02, 0x01, 0x04, 0x10
WRAPS, HALF = 1 << 32, 1 << 31


Flow: TypeAlias = tuple[str, str, int, int]
"""Whose, to whom, and their ports."""


class Answered(NamedTuple):
    """A frame that a machine acknowledged, `sent` as it was sent the last time before that."""

    acked: int
    sent: int
    frame: Packet
    answer: Packet

    @property
    def late(self) -> bool:
        """Whether the machine held it."""
        return self.acked - self.sent >= HELD


class Stillness(NamedTuple):
    """A time in which a machine stood still: from the first frame that it held until it went on."""

    began: int
    ended: int
    machine: str
    held: Sequence[Answered]


def find(scene: Scene) -> Iterator[Finding | Observation]:
    """Yield each time in which machines stood still, one for those that follow at once; and how often each one did."""
    every = sorted(one for machine, answers in _answers(scene).items() for one in stillnesses(machine, answers))
    for machine in sorted({one.machine for one in every}):
        yield _often([one for one in every if one.machine == machine])
    while every:
        group = [every.pop(0)]
        until = group[0].ended
        while every and every[0].began <= until + APART:
            group.append(every.pop(0))
            until = max(until, group[-1].ended)
        yield _finding(group)


def stillnesses(machine: str, answers: Iterable[Answered]) -> Iterator[Stillness]:
    """Yield the times in which a machine stood still, by what it acknowledged, and when."""
    by_time = sorted(answers)
    prompt = sorted(one.acked for one in by_time if not one.late)
    for burst in bursts([one for one in by_time if one.late and not one.answer.payload], lambda one: one.acked, BURST):
        ended = burst[0].acked
        ran = bisect_left(prompt, ended) - 1 - len(burst) // FEW
        since = prompt[ran] if ran >= 0 else 0
        held = [one for one in burst if one.sent >= since - HELD]
        if _stood_still(held):
            yield Stillness(max(since, min(one.sent for one in held)), ended, machine, held)


def _stood_still(held: Sequence[Answered]) -> bool:
    """Whether frames of several connections that were sent over a time were acknowledged in a moment."""
    if len(held) < FEWEST or len({_flow(one.frame) for one in held}) < CONNECTIONS:
        return False
    sent = [one.sent for one in held]
    return max(sent) - min(sent) >= SHARP * (held[-1].acked - held[0].acked)


def _answers(scene: Scene) -> Mapping[str, list[Answered]]:
    """Return what each machine acknowledged, as the first capture that has a connection has it."""
    captured: dict[Flow, str] = {}
    flows: defaultdict[Flow, dict[int, Packet]] = defaultdict(dict)
    found: defaultdict[str, list[Answered]] = defaultdict(list)
    machine_of = scene.record.machine_of
    for packet in scene.record.packets:
        there, back = _flow(packet), _back(packet)
        if (
            packet.carries != "tcp"
            or packet.flags & RST
            or captured.setdefault(there, packet.capture) != packet.capture
        ):
            continue
        captured.setdefault(back, packet.capture)
        if packet.dst in machine_of and (takes := packet.payload + bool(packet.flags & (SYN | FIN))):
            flows[there][(packet.seq + takes) % WRAPS] = packet
        if packet.flags & (SYN | ACK) == ACK and (machine := machine_of.get(packet.src)) is not None:
            found[machine] += _acknowledged(flows.get(back, {}), packet)
    return found


def _acknowledged(waiting: dict[int, Packet], answer: Packet) -> Iterator[Answered]:
    """Yield what an answer acknowledges of what is waiting by the place where it ends, and take it out."""
    for end in [end for end in waiting if (answer.ack - end) % WRAPS < HALF]:
        frame = waiting.pop(end)
        yield Answered(answer.time, frame.time, frame, answer)


def _flow(packet: Packet) -> Flow:
    return packet.src, packet.dst, packet.src_port, packet.dst_port


def _back(packet: Packet) -> Flow:
    return packet.dst, packet.src, packet.dst_port, packet.src_port


def _finding(group: Sequence[Stillness]) -> Finding:
    """Return that machines were paused, which is the surer the longer they stood still, and doubtful of several."""
    names = tuple(sorted({one.machine for one in group}))
    stood = max(one.ended - one.began for one in group)
    sure = min(MOST if len(names) == 1 else SHARED, LEAST + BY_SECOND * stood / NANO)
    evidence = tuple(piece for one in group for piece in _cited(one))
    return Finding(Pause(names), group[0].began, max(one.ended for one in group), evidence[:MOST_CITED], sure)


def _often(every: Sequence[Stillness]) -> Observation:
    longest = max(every, key=lambda one: one.ended - one.began)
    often = "once" if len(every) == 1 else f"{len(every)} times"
    what = f"it stood still {often}, for {(longest.ended - longest.began) / NANO:.2f} s at most: its host may be busy"
    return Observation(what, longest.machine, every[0].began, every[-1].ended, _cited(longest))


def _cited(one: Stillness) -> tuple[Evidence, Evidence]:
    first = min(one.held, key=lambda answered: answered.sent)
    late = f"{(first.acked - first.sent) / NANO:.2f} s"
    return (
        seen(first.frame, f"the first of {len(one.held)} to {one.machine} that it held: nobody sent it again"),
        seen(first.answer, f"{one.machine} acknowledges them all at once, this one after {late}"),
    )
