"""Signatures of the wire, whatever is spoken: a silent member, frames that are resent, answers that are late. Pure."""

from __future__ import annotations

import statistics
from collections import defaultdict, deque
from typing import TYPE_CHECKING

from harness.capture.events import TcpRetransmission
from harness.incident import citing
from harness.incident.signatures.signature import Sighting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.incident.packet import Packet
    from harness.incident.signatures.signature import Stage

SECOND = 10**9
SILENT = 2 * SECOND
"""A pause that is a silence, where it is also longer than twice the longest one before."""
OTHERS = 5
"""So many frames of others show that the capture went on meanwhile."""

WINDOW = 2 * SECOND
RESENT = 5
"""So many segments resent within the window are more than chance."""
TIMES = 3
"""By how much it must be worse than it was before."""

LATE = SECOND // 50
HANDSHAKES = 3
SYN, RST, ACK = 2, 4, 16


class MemberSilent:
    """Nothing is seen of a machine for a while, although the others go on."""

    name = "member silent"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        machines = stage.record.machine_of
        before: defaultdict[tuple[str, str], int] = defaultdict(int)
        last: dict[tuple[str, str], tuple[Packet, int]] = {}
        seen: defaultdict[str, int] = defaultdict(int)
        ends: dict[str, int] = {}
        for one in stage.record.packets:
            machine = machines.get(one.src)
            seen[one.capture] += 1
            ends[one.capture] = one.time
            if machine is None or one.carries == "icmp" or (one.flags & RST and not one.seq):
                continue  # a kernel that refuses what is meant for a program that has gone is no sign of it
            key = (one.capture, machine)
            if key in last:
                earlier, count = last[key]
                gap, others = one.time - earlier.time, seen[one.capture] - count - 1
                if one.time < stage.since:
                    before[key] = max(before[key], gap)
                elif gap > max(SILENT, 2 * before[key]) and others >= OTHERS:
                    return _silence(machine, earlier, one)
            last[key] = (one, seen[one.capture])
        for (capture, machine), (earlier, count) in last.items():
            gap, others = ends[capture] - earlier.time, seen[capture] - count
            if gap > max(SILENT, 2 * before[capture, machine]) and others >= OTHERS:
                return _silence(machine, earlier, None)
        return Sighting(False, "everybody was heard all the time") if last else Sighting(None, "nothing was captured")


def _silence(machine: str, earlier: Packet, later: Packet | None) -> Sighting:
    shown = [citing.seen(earlier, f"the last of {machine} for a while")]
    if later is None:
        return Sighting(True, f"{machine} is silent to the end", tuple(shown))
    took = (later.time - earlier.time) / SECOND
    return Sighting(True, f"{machine} is silent for {took:.1f} s", (*shown, citing.seen(later, f"{machine} again")))


class ConnectionsRefused:
    """A port that took connections refuses them: its service is gone, and its machine is not."""

    name = "connections refused"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        took: set[tuple[str, int]] = set()
        seen = False
        for one in stage.record.packets:
            if one.carries != "tcp":
                continue
            end, seen = (one.src, one.src_port), True
            if one.flags & RST and not one.seq:
                if end in took and one.time >= stage.since:
                    machine = stage.record.machine_of.get(one.src, one.src)
                    told = f"{machine} refuses connections to port {one.src_port}"
                    return Sighting(True, told, (citing.seen(one, told),))
            elif one.flags & (SYN | ACK) == SYN | ACK:
                took.add(end)
        return Sighting(False, "who took connections went on") if seen else Sighting(None, "no connection was seen")


class FramesResent:
    """Segments of TCP are resent, far more than before."""

    name = "frames are resent"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        every = [one for one in stage.record.heard if isinstance(one.event, TcpRetransmission)]
        if not stage.record.packets:
            return Sighting(None, "nothing was captured")
        usual = max(
            (len(window) for window in _windows(one.time for one in every if one.time < stage.since)), default=0
        )
        after = [one for one in every if one.time >= stage.since]
        most = max((len(window) for window in _windows(one.time for one in after)), default=0)
        told = f"{most} segments are resent within {WINDOW // SECOND} s, at most {usual} were before"
        appeared = most >= max(RESENT, TIMES * usual)
        return Sighting(appeared, told, tuple(citing.decoded(one) for one in after[:2]) if appeared else ())


def _windows(times: Iterable[int]) -> Iterator[deque[int]]:
    window: deque[int] = deque()
    for time in times:
        window.append(time)
        while time - window[0] > WINDOW:
            window.popleft()
        yield window


class AnswersLate:
    """Connections are answered later by far than before."""

    name = "answers are late"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        usual: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        late: list[tuple[Packet, int]] = []
        count = 0
        for answer, took in _handshakes(stage.record.packets):
            count += 1
            pair = (answer.src, answer.dst)
            if answer.time < stage.since:
                usual[pair].append(took)
            elif took > max(LATE, TIMES * (statistics.median(usual[pair]) if usual[pair] else 0)):
                late.append((answer, took))
        if len(late) >= HANDSHAKES:
            worst = max(took for _, took in late) / 10**6
            shown = tuple(citing.seen(answer, f"answered after {took / 10**6:.0f} ms") for answer, took in late[:2])
            return Sighting(True, f"{len(late)} connections are answered late, after up to {worst:.0f} ms", shown)
        return Sighting(False, "answers came as usual") if count else Sighting(None, "no connection was opened")


def _handshakes(packets: Iterable[Packet]) -> Iterator[tuple[Packet, int]]:
    """Yield each answer to a SYN, and how long after its first SYN it came, as one capture saw both."""
    asked: dict[tuple[str, str, str, int, int], Packet] = {}
    for one in packets:
        if one.carries != "tcp" or not one.flags & SYN:
            continue
        if not one.flags & ACK:
            asked.setdefault((one.capture, one.src, one.dst, one.src_port, one.dst_port), one)
        elif (first := asked.pop((one.capture, one.dst, one.src, one.dst_port, one.src_port), None)) is not None:
            yield one, one.time - first.time
