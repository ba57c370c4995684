"""An incident by machine: what each one's journal says, and which frames it sent. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from harness.capture.describe import NANO
from harness.incident.machines.lives import lives
from harness.incident.machines.pulses import Pulse, pulse
from harness.incident.machines.quiet import Talk, talks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.incident.machines.lives import Life
    from harness.incident.packet import Packet
    from harness.incident.record import Logged, Record
    from harness.incident.stated_time import Stated

NO_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - the source of whoever has no address yet


ROTATED = NANO
"""Between two files of one capture there are no frames for less than that."""


class Voice:
    """The frames that a machine sent, by time, wherever they were captured."""

    def __init__(self, packets: Sequence[Packet]) -> None:
        self.packets = sorted(packets, key=lambda packet: packet.time)
        self.times = [packet.time for packet in self.packets]

    def between(self, began: int, ended: int) -> Sequence[Packet]:
        """Return the frames of a span, its ends not among them."""
        return self.packets[bisect_right(self.times, began) : bisect_left(self.times, ended)]

    def last_until(self, moment: int) -> Packet | None:
        """Return the last frame until a moment."""
        place = bisect_right(self.times, moment)
        return self.packets[place - 1] if place else None

    def first_after(self, moment: int) -> Packet | None:
        """Return the first frame after a moment."""
        place = bisect_right(self.times, moment)
        return self.packets[place] if place < len(self.packets) else None


@dataclass(frozen=True)
class Scene:
    """A record, and what is worked out of it once for all that is inferred from it."""

    record: Record

    @cached_property
    def lives(self) -> Mapping[str, list[Life]]:
        """Each machine's boots, the oldest first."""
        own = {machine.name: machine.name for machine in self.record.topology.machines}
        return lives(self.record.logged, own | dict(self.record.machine_of))

    @cached_property
    def voices(self) -> Mapping[str, Voice]:
        """What each machine sent. A router's forwarded frames are its own, by their MAC address."""
        found: defaultdict[str, list[Packet]] = defaultdict(list)
        machine_of = self.record.machine_of
        for packet in self.record.packets:
            if machine := machine_of.get(packet.src_mac) or machine_of.get(packet.src):
                found[machine].append(packet)
        return {machine: Voice(packets) for machine, packets in found.items()}

    @cached_property
    def pulses(self) -> Mapping[str, Pulse]:
        """Each machine's clock, as its TCP timestamps have it."""
        return {machine: pulse(voice.packets) for machine, voice in self.voices.items()}

    @cached_property
    def talks(self) -> Mapping[str, Mapping[int, Talk]]:
        """What each machine's services said, by the server's port."""
        return talks(self.record.packets, self.record.machine_of)

    @cached_property
    def captured(self) -> Mapping[str, tuple[int, int]]:
        """When each capture's first and last frame were."""
        found: dict[str, tuple[int, int]] = {}
        for packet in self.record.packets:
            began, ended = found.get(packet.capture, (packet.time, packet.time))
            found[packet.capture] = (min(began, packet.time), max(ended, packet.time))
        return found

    def watched(self, began: int, ended: int) -> bool:
        """Say whether captures went on in a span: one alone, or one after the other, as they are rotated."""
        until = began
        for since, last in sorted(self.captured.values()):
            if since <= until + ROTATED:
                until = max(until, last)
        return until + ROTATED >= ended

    @cached_property
    def dates(self) -> Mapping[str, list[Stated]]:
        """What each machine said on the wire of the time it is."""
        found: defaultdict[str, list[Stated]] = defaultdict(list)
        for one in self.record.stated:
            if machine := self.record.machine_of.get(one.address):
                found[machine].append(one)
        return found

    @cached_property
    def served(self) -> Mapping[str, Mapping[int, Talk]]:
        """What each machine's services said to those who asked them, by their ports."""
        return talks(self.record.packets, self.record.machine_of, served=True)

    def voice(self, machine: str) -> Voice:
        """Return what a machine sent, which may be nothing."""
        return self.voices.get(machine) or Voice(())

    def lines(self, machine: str) -> list[Logged]:
        """Return a machine's journal, boot by boot."""
        return [line for life in self.lives.get(machine, ()) for line in life.lines]


def looks_for_an_address(packet: Packet) -> bool:
    """Whether a machine that sends that has no address yet, as firmware and systems that start have none."""
    return packet.src in NO_ADDRESS
