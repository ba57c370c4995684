"""What is plugged into a cable: a bridge's port, cut in the packet filter, impaired by netem, captured.

Who calls holds the lock of `harness.network.bridge.control`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.network.bridge import devices, queueing
from harness.network.bridge import filter as rules
from harness.network.bridge.conditions import Conditions
from harness.network.protocol import BOTH, Counters, Direction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.network.bridge.control import Control
    from harness.network.bridge.filter import Count, Listing
    from harness.network.bridge.plant import Port
    from harness.network.impairment import Impairment

HEADER = 14


class BridgeLink:
    """A bridge's port: what comes in there is ``up``, what goes out there ``down``."""

    def __init__(self, control: Control, name: str, port: Port, *, guest: bool = False) -> None:
        self.name = name
        self.port = port
        self._control = control
        self._guest = guest
        self._conditions: dict[Direction, Conditions] = {
            "up": Conditions(control.netlink, f"{name} up", control.seed),
            "down": Conditions(control.netlink, f"{name} down", control.seed, index=port.index),
        }
        self._back: Port | None = None
        self._before = (0, 0)
        """Frames and bytes that had come in when what comes in began to be impaired."""
        self._last = Counters(0, 0, 0, 0, {}, {}, {})

    @property
    def devices(self) -> list[Port]:
        """Every device that the link has where the bridges are."""
        return [self.port] if self._back is None else [self.port, self._back]

    def impair(self, value: Impairment, *, directions: Sequence[Direction]) -> None:
        """Replace the impairment. Raises `OSError` where the kernel refuses the values."""
        if not value.is_nothing() and "up" in directions:
            self._turn_back()
        for direction in directions:
            self._put(direction, value)

    def impairment(self, direction: Direction) -> Impairment:
        """Return the impairment of a direction. Raises `LabError` where the kernel enforces another."""
        return self._conditions[direction].read()

    def is_cut(self, direction: Direction) -> bool:
        """Say whether a direction is cut, read back from the kernel."""
        return self.port.device in self._control.listing().cut[direction]

    def cut(self, directions: Sequence[Direction], *, carrier: bool) -> bool:
        """Cut these directions and no others, and set the carrier; returns whether the machine can see that."""
        if carrier:
            self._record(arriving="up" not in directions)
            self._carry(up=True)
        self._control.run(rules.cut(self._control.table, self.port.device, directions))
        if not carrier:
            self._carry(up=False)
        self._record(arriving="up" not in directions)
        return not self._guest

    def counters(self) -> Counters:
        """Return what the link has carried, and what was done to its frames."""
        self._control.flush()
        return self.count(self._control.listing(), devices.statistics(self._control.netlink))

    def count(self, listing: Listing, statistics: Mapping[int, tuple[int, int, int, int]]) -> Counters:
        """Return the counters, given what the kernel counted; of a device that is gone, the last that were seen."""
        if not self._control.has(self.port):
            return self._last
        device = self.port.device
        arrived, sent, arrived_bytes, sent_bytes = statistics.get(self.port.index, (0, 0, 0, 0))
        passed = self._conditions["up"].account()
        if self._back is not None:
            arrived, arrived_bytes = self._before[0] + passed.frames, self._before[1] + passed.octets
        self._conditions["down"].account()
        cut_up, cut_down = (listing.cut_frames[way].get(device, rules.NOTHING) for way in BOTH)
        self._last = Counters(
            received=arrived - cut_up.frames,
            received_bytes=arrived_bytes - cut_up.octets - cut_up.frames * HEADER,
            sent=sent,
            sent_bytes=sent_bytes,
            dropped={why: counts[device].frames for why, counts in listing.dropped.items() if device in counts},
            up=_counts(cut_up, self._conditions["up"]),
            down=_counts(cut_down, self._conditions["down"]),
        )
        return self._last

    def _put(self, direction: Direction, value: Impairment) -> None:
        self._conditions[direction].put(value)
        self._conditions[direction].read()

    def _turn_back(self) -> None:
        """Send what comes in through a device of its own, where it can be queued; that stays so.

        The recorder hears that device before frames take that way, so none is missing from the capture.
        """
        if self._back is not None:
            return
        control = self._control
        back = control.plant.add_way_back(self.name)
        self._conditions["up"].index = back.index
        control.recorder.tell("watch", sources=[_source(self.name, back, leaving="in")])
        control.netlink.tell(
            [
                queueing.put_classifier(self.port.index, f"classifier of {self.name}"),
                queueing.redirect_all(self.port.index, back.index, f"redirection of {self.name}"),
            ]
        )
        arrived, _, arrived_bytes, _ = devices.statistics(control.netlink).get(self.port.index, (0, 0, 0, 0))
        self._before = (arrived, arrived_bytes)
        self._back = back
        self._record(arriving=not self.is_cut("up"))

    def _carry(self, *, up: bool) -> None:
        if self._guest or not self._control.has(self.port):
            return
        self._control.netlink.tell([devices.raise_link(self.port.index, self.name, up=up)])
        if up:
            self._control.plant.wait_for([self.port])

    def _record(self, *, arriving: bool) -> None:
        """Have recorded what leaves, and what arrives where it gets through."""
        self._control.recorder.tell("watch", sources=self.sources(arriving=arriving))

    def sources(self, *, arriving: bool = True) -> list[dict[str, object]]:
        """Return where the recorder finds this link's frames."""
        word = "in" if arriving else None
        if self._back is None:
            return [_source(self.name, self.port, arriving=word, leaving="out")]
        return [_source(self.name, self.port, leaving="out"), _source(self.name, self._back, leaving=word)]


def _source(link: str, port: Port, *, arriving: str | None = None, leaving: str | None = None) -> dict[str, object]:
    return {"link": link, "device": port.device, "arriving": arriving, "leaving": leaving}


def _counts(cut: Count, conditions: Conditions) -> dict[str, int]:
    counts = conditions.counts()
    return {"cut": cut.frames, **counts} if cut.frames else counts
