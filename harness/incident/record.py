"""All evidence of an incident on one clock, with the names of who is who: what everything is inferred from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.capture.events import Event
    from harness.incident.entry import Entry
    from harness.incident.packet import Packet
    from harness.incident.stated_time import Stated
    from harness.topology.model import Topology


@dataclass(frozen=True)
class Heard:
    """An event that was decoded from a capture; `time` is on the reference clock, the event's own is the capture's."""

    time: int
    capture: str
    event: Event


@dataclass(frozen=True)
class Logged:
    """A line of a journal; `time` is on the reference clock: the machine's wall clock as it was before it was wrong."""

    time: int
    entry: Entry


@dataclass(frozen=True)
class Record:
    """The evidence by time, all of it on the reference clock (nanoseconds since 1970).

    `topology` was given or inferred; its names are those of the schedule. `machine_of` has the machine of each address
    and MAC address, and of each name that a journal uses. `sees` has for each captured link, as capture and link, the
    machines whose own frames pass it: a capture on a machine's cable sees only that one's and what is sent to it.
    """

    topology: Topology
    packets: Sequence[Packet]
    heard: Sequence[Heard]
    logged: Sequence[Logged]
    machine_of: Mapping[str, str]
    began: int
    ended: int
    uncertainty: int = 0
    """How far the clocks of two captures may be apart after their alignment, in nanoseconds."""
    sees: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    stated: Sequence[Stated] = ()
    """What machines said on the wire of the time it is."""
    notes: Sequence[str] = ()
    """What was found of the files' clocks and names, and what is assumed, for people."""
