"""What one direction of a link does to its frames: netem on a device, set whole, read back, and what it counted."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from harness.errors import LabError
from harness.network.bridge.netem import Netem
from harness.network.bridge.queueing import Passed, put_netem, read_netem
from harness.network.impairment import Impairment

if TYPE_CHECKING:
    from harness.network.bridge.netlink import Netlink

NOTHING = Passed(0, 0, 0, 0)


class Conditions:
    """The netem of one direction. It is made with the first impairment, and stays: what is on its way arrives."""

    def __init__(self, netlink: Netlink, name: str, seed: int, *, index: int = 0) -> None:
        self.index = index
        """The device that sends what goes in this direction; it has to be there before the first impairment."""
        self._netlink = netlink
        self._name = name
        self._seed = int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:8], "big")
        self._asked = Impairment()
        self._there = False
        self._passed = NOTHING
        self._counts: Counter[str] = Counter()

    def put(self, impairment: Impairment) -> None:
        """Replace the impairment. Raises `OSError` where the kernel refuses it."""
        if self._there or not impairment.is_nothing():
            self.account()
            self._netlink.tell([put_netem(self.index, Netem.of(impairment), self._seed, self._what)])
            self._there = True
        self._asked = impairment

    def read(self) -> Impairment:
        """Return the impairment. Raises `LabError` where the kernel enforces another.

        Netem has no word for what is not set, so the value itself is ours, and netem's has to agree with it.
        """
        if self._there:
            expected = Netem.of(self._asked)
            found, _ = read_netem(self._netlink, self.index, self._what)
            if found != expected:
                raise LabError(f"{self._what} is {found}, expected {expected}: somebody else has changed it")
        return self._asked

    def account(self) -> Passed:
        """Take in what netem has counted since the last time, under the impairment that was there; returns all of it.

        Netem counts what it lost together with what found no room, so a limited line that also loses has one count.
        """
        if not self._there:
            return NOTHING
        _, passed = read_netem(self._netlink, self.index, self._what)
        asked, last = self._asked, self._passed
        if asked.rate is None:
            self._counts["loss"] += passed.dropped - last.dropped
        else:
            self._counts["loss or queue" if asked.loss else "queue"] += passed.dropped - last.dropped
        self._counts["reorder"] += passed.ahead - last.ahead
        if asked.delay or asked.jitter or asked.rate:
            self._counts["delay"] += passed.frames - last.frames
        self._passed = passed
        return passed

    def counts(self) -> dict[str, int]:
        """Return what happened to frames here so far, by name."""
        return {name: number for name, number in self._counts.items() if number}

    @property
    def _what(self) -> str:
        return f"the network emulator of {self._name}"
