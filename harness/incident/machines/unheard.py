"""Who is spoken to and not heard from where the evidence begins: what ails it began before, so that none can say what.

Pure.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from harness.capture.describe import NANO
from harness.incident.citing import seen
from harness.incident.observation import Observation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.incident.machines.scene import Scene
    from harness.incident.packet import Packet

AT_ONCE = 3 * NANO
"""Who is spoken to from the beginning on is so within that time."""
CALLS = 5
LONG = 2 * NANO
GROUPS = ("224.", "239.", "255.", "ff", "127.", "0.")


def find(scene: Scene) -> Iterator[Observation]:
    """Yield each address that is called in vain from the beginning of the evidence on.

    One that is acknowledged speaks all the same: then the capture has one direction only.
    """
    first = min((began for began, _ in scene.captured.values()), default=0)
    heard: set[str] = set()
    calls: defaultdict[str, list[Packet]] = defaultdict(list)
    said: list[tuple[str, list[Packet], Packet | None]] = []
    pairs: set[tuple[str, str]] = set()
    for packet in scene.record.packets:
        if packet.src not in heard:
            heard.add(packet.src)
            if packet.src in calls:
                said.append((packet.src, calls.pop(packet.src), packet))
        if packet.carries in ("tcp", "udp") and not packet.dst.startswith(GROUPS):
            pairs.add((packet.src, packet.dst))
            if packet.dst not in heard:
                calls[packet.dst].append(packet)
    said += [(address, those, None) for address, those in calls.items()]
    both_ways = any(pair[::-1] in pairs for pair in pairs)
    for address, those, word in said:
        if _speaks(those):
            yield _one_way(scene, address, those)
        elif both_ways:
            yield from _unheard(scene, address, those, first, word)


def _speaks(calls: list[Packet]) -> bool:
    """Whether more and more of what an address says is acknowledged."""
    acknowledged: defaultdict[tuple[str, int, int], set[int]] = defaultdict(set)
    for packet in calls:
        if packet.ack:
            acknowledged[packet.src, packet.src_port, packet.dst_port].add(packet.ack)
    return any(len(those) >= CALLS for those in acknowledged.values())


def _one_way(scene: Scene, address: str, calls: list[Packet]) -> Observation:
    who = scene.record.machine_of.get(address, address)
    what = "what it says is acknowledged and was not captured: there is one direction only, of which little can be told"
    return Observation(what, who, calls[0].time, calls[-1].time, (seen(calls[0], f"the first to {who}"),))


def _unheard(scene: Scene, address: str, calls: list[Packet], first: int, word: Packet | None) -> Iterator[Observation]:
    until = calls[-1].time if word is None else word.time
    if len(calls) < CALLS or calls[0].time - first > AT_ONCE or until - calls[0].time < LONG:
        return
    who = scene.record.machine_of.get(address, address)
    long = "never" if word is None else f"only {(word.time - first) / NANO:.1f} s later"
    what = f"it is spoken to {len(calls)} times from the beginning on, and {long} heard: what ails it began before"
    shown = [seen(calls[0], f"the first to {who}"), *([seen(word, f"{who} is heard")] if word is not None else [])]
    yield Observation(what, who, calls[0].time, until, tuple(shown))
