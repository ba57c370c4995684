"""Services that said nothing for a while, though they were spoken to and their machine's kernel took it. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.capture.describe import NANO
from harness.incident.citing import seen
from harness.incident.machines.service_names import Names, server_port

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from harness.incident.evidence import Evidence
    from harness.incident.machines.scene import Scene
    from harness.incident.packet import Packet

SHORTEST = 2 * NANO
"""A service that says nothing for less than that may just be busy."""
LONGER = 8
"""How many times longer than usual a silence has to be."""
BEFORE = 10 * NANO
OFTEN = 5
"""How often a service has to have spoken in that time, so that its silence says something."""
SYN, RST, FIN, ACK = 0x02, 0x04, 0x01, 0x10
HALF = 1 << 31
WRAPS = 1 << 32


@dataclass
class Talk:
    """What a machine's service said, what only its kernel did, and what was said to it."""

    spoke: list[Packet] = field(default_factory=list)
    kernel: list[Packet] = field(default_factory=list)
    asked: list[Packet] = field(default_factory=list)
    ended: list[Packet] = field(default_factory=list)


@dataclass(frozen=True)
class Quiet:
    """A service's silence, between two of its packets; `others` is how long the rest of the machine was silent in it.

    That is in nanoseconds, and None where nothing else of it ever spoke.
    """

    service: str
    before: Packet
    after: Packet
    evidence: tuple[Evidence, ...]
    others: int | None


def quiets(scene: Scene, machine: str) -> Iterator[Quiet]:
    """Yield the silences of a machine's services in which its kernel took what came.

    What a machine says at a port is its service's, who has that port with others, too, as members of a cluster do; but
    it may be another's of its programs that asks such services elsewhere, so that what it serves is looked at alone.
    """
    names = Names(scene.lines(machine), scene.record.logged)
    every, served = (_by_name(of.get(machine, {}), names) for of in (scene.talks, scene.served))
    for name, talk in every.items():
        others = sorted(packet.time for other, own in every.items() if other != name for packet in own.spoke)
        whole = list(_silences(name, talk, others))
        yield from whole
        if not whole and name in served:
            own = {packet.time for packet in served[name].spoke}
            asking = [packet.time for packet in talk.spoke if packet.time not in own]
            yield from _silences(name, served[name], sorted([*others, *asking]))


def _by_name(talks: Mapping[int, Talk], names: Names) -> dict[str, Talk]:
    grouped: defaultdict[str, list[Talk]] = defaultdict(list)
    for port, talk in talks.items():
        if name := names.of(port):
            grouped[name].append(talk)
    return {name: _joined(parts) for name, parts in grouped.items()}


def talks(
    packets: Iterable[Packet], machine_of: Mapping[str, str], *, served: bool = False
) -> dict[str, dict[int, Talk]]:
    """Return what each machine's services said, by the server's port. What was said before is not counted again.

    With `served`, only what it said as the server, and what was said to it as such.
    """
    found: defaultdict[str, defaultdict[int, Talk]] = defaultdict(lambda: defaultdict(Talk))
    ends: dict[object, int] = {}
    for packet in packets:
        port = server_port(packet.src_port, packet.dst_port)
        if not port:
            continue
        sender, receiver = machine_of.get(packet.src), machine_of.get(packet.dst)
        kind = _kind(packet, ends)
        if sender and kind and (not served or packet.src_port == port):
            getattr(found[sender][port], kind).append(packet)
        if receiver and kind == "spoke" and (not served or packet.dst_port == port):
            found[receiver][port].asked.append(packet)
    return {machine: dict(own) for machine, own in found.items()}


def _kind(packet: Packet, ends: dict[object, int]) -> str:
    """Return what a packet is: a service's word, its kernel's, an end; nothing where it was said before."""
    if packet.carries != "tcp":
        return "spoke" if packet.payload else ""
    if packet.flags & (FIN | RST):
        return "ended"
    if not packet.payload:
        return "kernel" if packet.flags & ACK else ""
    flow = packet[7:9] + packet[10:12]
    end = (packet.seq + packet.payload) % WRAPS
    known = ends.get(flow)
    if known is not None and (known - end) % WRAPS < HALF:
        return ""
    ends[flow] = end
    return "spoke"


def _joined(parts: list[Talk]) -> Talk:
    whole = Talk()
    for part in parts:
        whole.spoke += part.spoke
        whole.kernel += part.kernel
        whole.asked += part.asked
        whole.ended += part.ended
    for packets in (whole.spoke, whole.kernel, whole.asked, whole.ended):
        packets.sort(key=lambda packet: packet.time)
    return whole


def _silences(name: str, talk: Talk, others: list[int]) -> Iterator[Quiet]:
    signs = sorted((*talk.spoke, *talk.ended), key=lambda packet: packet.time)
    times = [packet.time for packet in signs]
    for place in range(1, len(times)):
        before, after = signs[place - 1], signs[place]
        gap = after.time - before.time
        if gap < SHORTEST or before.flags & RST or not _usual(times, place - 1, gap):
            continue
        margin = gap // 5
        kernel = _in(talk.kernel, before.time + margin, after.time - margin // 2)
        asked = _in(talk.asked, before.time, after.time)
        if len(asked) < 2 or not kernel:  # noqa: PLR2004 - one may be late
            continue
        evidence = (
            seen(before, f"the last that {name} said"),
            seen(asked[0], f"it is asked, {len(asked)} times until it speaks again"),
            seen(kernel[-1], "its machine's kernel acknowledges, without an answer"),
            seen(after, f"{name} speaks again"),
        )
        yield Quiet(name, before, after, evidence, _longest(others, before.time, after.time))


def _longest(times: list[int], began: int, ended: int) -> int | None:
    """Return the longest time of a span in which nothing was said; None where nothing ever was."""
    if not times:
        return None
    moments = [began, *times[bisect_right(times, began) : bisect_left(times, ended)], ended]
    return max(later - moment for moment, later in pairwise(moments))


def _usual(times: list[int], last: int, gap: int) -> bool:
    """Whether a silence after that time is far longer than what was usual until then."""
    first = bisect_left(times, times[last] - BEFORE)
    return last - first >= OFTEN and (times[last] - times[first]) / (last - first) * LONGER < gap


def _in(packets: list[Packet], began: int, ended: int) -> list[Packet]:
    low = bisect_right(packets, began, key=lambda packet: packet.time)
    return packets[low : bisect_left(packets, ended, key=lambda packet: packet.time)]
