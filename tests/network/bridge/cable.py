"""A cable in a namespace, with a station at either end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest

from harness.network.bridge import devices
from harness.network.bridge.netlink import Netlink
from harness.network.station import Station
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import wait_until


class Cable:
    """The devices ``one`` and ``two``, which are each other's end; nothing speaks there by itself."""

    def __init__(self, undo: ExitStack) -> None:
        self.place = undo.enter_context(NetworkNamespace.create())
        self._netlink = undo.enter_context(Netlink(self.place))
        self._netlink.tell([devices.add_bridge(name, 1, name, vlans=False) for name in ("left", "right")])
        left, right = self._netlink.index("left"), self._netlink.index("right")
        self._netlink.tell([devices.add_port("one", 0, 1, left, peer=devices.other_port("two", 1), what="cable")])
        ends = [self._netlink.index(name) for name in ("one", "two")]
        self._netlink.tell([devices.enslave(ends[1], right, "two")])
        for index in (left, right, *ends):
            self._netlink.tell(devices.settle(index, 1, "end"))
        wait_until(
            "both ends", lambda: all(devices.forwards(self._netlink, end) for end in ends), within=timedelta(seconds=5)
        )
        self.here = undo.enter_context(Station(self.place, "one"))
        self.there = undo.enter_context(Station(self.place, "two"))

    def frame(self, body: bytes, tag: bytes = b"") -> bytes:
        return b"\xff" * 6 + bytes.fromhex("525400000101") + tag + b"\x88\xb5" + body.ljust(46, b"\0")

    def remove(self) -> None:
        self._netlink.tell([devices.delete(self._netlink.index("one"), "one")])


@pytest.fixture
def cable() -> Iterator[Cable]:
    with ExitStack() as undo:
        yield Cable(undo)
