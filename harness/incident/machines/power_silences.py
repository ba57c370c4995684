"""Machines that fell silent on the wire and began anew, or never spoke again, where no journal tells of it. Pure.

A machine that was cut off goes on where it was; one that lost its power has no address at first, and refuses what
belongs to connections of which it knows nothing any more.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.capture.describe import NANO
from harness.faults.power import PowerCut
from harness.incident.citing import said, seen
from harness.incident.finding import Finding
from harness.incident.machines.scene import looks_for_an_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.incident.evidence import Evidence
    from harness.incident.machines.scene import Scene, Voice
    from harness.incident.packet import Packet

SHORTEST = 2 * NANO
LONGER = 8
"""How many times longer than the longest usual pause a silence has to be."""
UNDECIDED = 15 * NANO
"""What a machine needs to start until it says something; gone for less than that, it may as well have been reset."""
FIRST_WORDS = NANO
"""Within that time a machine that began anew shows it."""
LIVE = 2 * NANO
AFTER = 5 * NANO
CONNECTIONS = 3
"""So many connections of the last seconds have to be gone at once, so that it is no chance."""
FOR_GOOD = 5 * NANO
"""A machine that says nothing until the end, for at least so long, is gone."""
CALLS = 3
"""How often it is spoken to meanwhile, so that its silence says something."""
FIRMWARE = 60 * NANO
"""Firmware may speak so long before the kernel starts."""
FIN, SYN, RST = 0x01, 0x02, 0x04


def find(scene: Scene) -> Iterator[Finding]:
    """Yield each loss of power that only the wire tells of."""
    for machine in sorted({one.name for one in scene.record.topology.machines} & scene.voices.keys()):
        voice = scene.voice(machine)
        if len(scene.lives.get(machine, ())) < 2:  # noqa: PLR2004 - another boot in its journal tells it better
            yield from _began_anew(scene, machine, voice)
        yield from _gone(scene, machine, voice)


def _began_anew(scene: Scene, machine: str, voice: Voice) -> Iterator[Finding]:
    known: set[tuple[object, ...]] = set()
    usual = usual_pause(voice.times)
    boots = [life.powered for life in scene.lives.get(machine, ())]
    for before, after in pairwise(voice.packets):
        known.add(_flow(before))
        if after.time - before.time < max(SHORTEST, LONGER * usual) or looks_for_an_address(before):
            continue
        if any(before.time < boot < after.time + FIRMWARE for boot in boots):
            continue  # its journal tells it better
        words = [after, *voice.between(after.time, after.time + FIRST_WORDS)]
        shown = None if _goes_on(words, known) else _anew(words, known) or _forgot(voice, before.time, after)
        if shown is None or any(before.time < line.time < after.time for line in scene.lines(machine)):
            continue
        if not scene.watched(before.time, after.time):
            continue
        sure = 0.7
        cited = [seen(before, f"{machine}'s last frame"), seen(after, f"{machine}'s first frame after that"), shown]
        if after.time - before.time < UNDECIDED:
            cited.append(seen(after, "a reset looks the same: a machine starts in that time"))
            sure = 0.55
        yield Finding(PowerCut((machine,)), before.time, after.time, tuple(cited), sure)


def _goes_on(words: Sequence[Packet], known: set[tuple[object, ...]]) -> bool:
    """Return whether a machine goes on with a connection that it had: it waited, and gave up, as firmware does."""
    return any(one.carries == "tcp" and not one.flags & (SYN | RST) and _flow(one) in known for one in words)


def _anew(words: Sequence[Packet], known: set[tuple[object, ...]]) -> Evidence | None:
    """Return what shows that a machine has started: it has no address, or resets connections that were its own."""
    for word in words:
        if looks_for_an_address(word):
            return seen(word, "it has no address yet")
        if word.flags & RST and not word.flags & SYN and _flow(word) in known:
            return seen(word, "it resets a connection that it had before, and knows nothing of")
    return None


def _forgot(voice: Voice, last: int, first: Packet) -> Evidence | None:
    """Return what shows that nothing of a machine's connections is left: all that it has after its silence are new.

    What is cut off sends again for minutes, on each connection that it had.
    """
    lately = [word for word in voice.between(last - LIVE, last + 1) if word.carries == "tcp"]
    had = {_flow(word) for word in lately} - {_flow(word) for word in lately if word.flags & (FIN | RST)}
    words = [word for word in voice.between(first.time - 1, first.time + AFTER) if word.carries == "tcp"]
    has = {_flow(word) for word in words if not word.flags & RST}
    if len(had) < CONNECTIONS or not has or had & has:
        return None
    return seen(first, f"none of its {len(had)} connections goes on, and {len(has)} new ones begin")


def _gone(scene: Scene, machine: str, voice: Voice) -> Iterator[Finding]:
    """Yield that a machine was switched off and never on again: neither its journal nor the wire has more of it.

    Without a journal it may as well have been cut off for good: then it is uncertain.
    """
    record, last = scene.record, voice.packets[-1]
    rest = record.ended - last.time
    lines = scene.lines(machine)
    if rest < max(FOR_GOOD, LONGER * usual_pause(voice.times)):
        return
    if lines and (scene.lives[machine][-1].goodbye is not None or lines[-1].time > last.time + SHORTEST):
        return
    addresses = {packet.src for packet in voice.packets if not looks_for_an_address(packet)}
    place = bisect_right(record.packets, last.time, key=lambda packet: packet.time)
    calls = [packet for packet in record.packets[place:] if packet.dst in addresses]
    if len(calls) >= CALLS and calls[-1].time - last.time > FOR_GOOD // 2:
        cited = (
            seen(last, f"{machine}'s last frame"),
            *([said(lines[-1], "the last line of its journal, which has no goodbye")] if lines else []),
            seen(calls[0], f"it is spoken to {len(calls)} times from then on, in vain"),
        )
        yield Finding(PowerCut((machine,)), last.time, None, cited, 0.6 if lines else 0.45)


def usual_pause(times: Sequence[int]) -> int:
    """Return the pause between frames that only one in fifty is longer than."""
    pauses = sorted(later - time for time, later in pairwise(times))
    return pauses[min(len(pauses) - 1, len(pauses) * 49 // 50)] if pauses else 0


def _flow(packet: Packet) -> tuple[object, ...]:
    return packet[7:9] + packet[10:12]
