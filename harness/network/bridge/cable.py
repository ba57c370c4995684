"""A link of the bridge kind as people know it: it is there before something is plugged in, and after.

What is done to it while nothing is there is remembered, and done to the next card's port.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.network import notes
from harness.network.impairment import Impairment
from harness.network.protocol import BOTH, Counters, Direction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.network.bridge.control import Control
    from harness.network.bridge.link import BridgeLink

NOTHING = Counters(0, 0, 0, 0, {}, {}, {})


class Cable:
    """One cable. `plugged` is what its far end is at present, None where nothing is plugged in."""

    def __init__(self, control: Control, name: str, number: int) -> None:
        self.name = name
        self.number = number
        self.plugged: BridgeLink | None = None
        self._control = control
        self._impairments: dict[Direction, Impairment] = dict.fromkeys(BOTH, Impairment())
        self._cut: tuple[Direction, ...] = ()
        self._carrier = True
        self._before = NOTHING

    def impair(self, value: Impairment, *, directions: Sequence[Direction] = BOTH) -> None:
        """Replace the impairment of one direction or both.

        Raises `HostError` where the kernel has no network emulator, `OSError` where it refuses the values.
        """
        with self._control.lock:
            if not value.is_nothing():
                self._control.features.require("netem", *(["ifb"] if "up" in directions else []))
            if self.plugged is not None:
                self.plugged.impair(value, directions=directions)
            self._impairments.update(dict.fromkeys(directions, value))
            self._control.changed("impair", link=self.name, value=value, directions=list(directions))
            self._control.note(notes.impair(self.name, value, directions))

    def impairment(self, direction: Direction) -> Impairment:
        """Return the impairment of a direction. Raises `LabError` where the kernel enforces another."""
        with self._control.lock:
            return self._impairments[direction] if self.plugged is None else self.plugged.impairment(direction)

    def is_cut(self, direction: Direction) -> bool:
        """Say whether a direction is cut, read back from the kernel where something is plugged in."""
        with self._control.lock:
            return direction in self._cut if self.plugged is None else self.plugged.is_cut(direction)

    def cut(self, *, directions: Sequence[Direction] = BOTH, carrier: bool = True) -> bool:
        """Block one direction or both; each call replaces what an earlier one has cut.

        Where both are cut and `carrier` is true, the machine sees its carrier go. Returns whether it can see that: a
        guest sees it only by its hypervisor. What waits in an impairment by then is lost.
        """
        return self._set(tuple(directions), carrier=not (carrier and set(directions) == set(BOTH)))

    def restore(self) -> None:
        """Let everything through again, in both directions. The impairment stays as it is."""
        self._set((), carrier=True)

    def counters(self) -> Counters:
        """Return what the link has carried, and what was done to its frames."""
        with self._control.lock:
            return self.with_earlier(self.plugged.counters() if self.plugged is not None else NOTHING)

    def with_earlier(self, counted: Counters) -> Counters:
        """Return counters together with those of what was plugged in before."""
        before = self._before
        return Counters(
            received=before.received + counted.received,
            received_bytes=before.received_bytes + counted.received_bytes,
            sent=before.sent + counted.sent,
            sent_bytes=before.sent_bytes + counted.sent_bytes,
            dropped=_sum(before.dropped, counted.dropped),
            up=_sum(before.up, counted.up),
            down=_sum(before.down, counted.down),
        )

    def plug(self, link: BridgeLink) -> None:
        """Plug a port in; what was done to the cable is done to it."""
        self.plugged = link
        for direction, value in self._impairments.items():
            if not value.is_nothing():
                link.impair(value, directions=[direction])
        if self._cut:
            link.cut(self._cut, carrier=self._carrier)

    def unplug(self, last: Counters) -> None:
        """Take out what is plugged in; `last` is what it has counted."""
        self._before = self.with_earlier(last)
        self.plugged = None

    def _set(self, cut: tuple[Direction, ...], *, carrier: bool) -> bool:
        with self._control.lock:
            shown = self.plugged is None or self.plugged.cut(cut, carrier=carrier)
            self._cut, self._carrier = cut, carrier
            self._control.changed("cut", link=self.name, directions=list(cut), carrier=carrier)
            self._control.note(notes.cut(self.name, cut, carrier=carrier))
            return shown


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}
