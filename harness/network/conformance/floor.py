"""The floor that the suite runs on: a network, the machines plugged into it, and what they hear."""

from __future__ import annotations

import itertools
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from harness.network.station import Heard, Station
from harness.network.transit import Interface
from harness.network.wiring import SWITCH, Card
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import wait_until
from harness.units import milliseconds, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from harness.network.hearing import Hearing, Match
    from harness.network.ports import PortMode

TEN, TWENTY, THIRTY = 10, 20, 30
VLANS = (TEN, TWENTY, THIRTY)
EXPERIMENTAL = b"\x88\xb5"
"""The EtherType for local experiments (IEEE 802, clause 9.2.3): no kernel sends it by itself."""

EVERYONE = b"\xff" * 6
GROUP = bytes.fromhex("01005e000001")
SOON = 5 * seconds
CARD = "eth0"


class Wired(Protocol):
    """What the suite asks of a network, but for `TestCables` and `TestCapture`, which want a whole `Network`."""

    @property
    def links(self) -> Mapping[str, Any]:
        """Every link, by its name."""

    def wire(self, place: NetworkNamespace, cards: Mapping[str, Card]) -> object:
        """Make cards in a namespace and plug them in."""

    def deafen(self, who: Hearing, *, only: Match | None = None) -> AbstractContextManager[Any]:
        """Keep some links from hearing others."""


def mac(number: int) -> bytes:
    """Return the address of the card with that number."""
    return bytes.fromhex("525400000000")[:5] + bytes([number])


class End:
    """A machine with one card: its stations by VLAN, 0 for the interface without a tag."""

    def __init__(
        self,
        number: int,
        place: NetworkNamespace,
        stations: dict[int, Station],
        link: Any,  # noqa: ANN401 - any kind's
    ) -> None:
        self.mac = mac(number)
        self.interface = Interface(place, CARD, self.mac)
        self.stations = stations
        self.link = link
        self.heard: list[bytes] = []
        self.times: list[Heard] = []

    def frame(self, to: bytes, body: bytes, tag: bytes = b"") -> bytes:
        """Return a frame from this machine."""
        return to + self.mac + tag + EXPERIMENTAL + body.ljust(46, b"\0")

    def send(self, to: bytes, body: bytes, *, vlan: int = 0, tag: bytes = b"") -> None:
        """Send a frame from the interface of a VLAN, 0 for the one without a tag."""
        self.stations[vlan].send(self.frame(to, body, tag))

    def hears(self, body: bytes) -> bool:
        """Say whether a frame with that body was heard by now."""
        self.listen()
        return any(body in frame for frame in self.heard)

    def listen(self) -> None:
        """Take in what was heard."""
        for station in self.stations.values():
            new = station.hear()
            self.times += new
            self.heard += [one.frame for one in new]


class Floor:
    """A network and the machines on it."""

    def __init__(self, network: Any, undo: ExitStack) -> None:  # noqa: ANN401 - `Wired`, or more
        self.network = network
        self._undo = undo
        self._numbers = itertools.count(1)

    def end(self, mode: PortMode, switch: str = SWITCH) -> End:
        """Plug in one more machine."""
        number = next(self._numbers)
        place = self._undo.enter_context(NetworkNamespace.create())
        card = Card(CARD, mac(number).hex(":"), mode, switch=switch)
        name = f"end{number}"
        self.network.wire(place, {name: card})
        stations = {
            tag: self._undo.enter_context(Station(place, interface)) for tag, interface in card.interfaces().items()
        }
        return End(number, place, stations, self.network.links[name])


@pytest.fixture
def floor(make_network: Callable[[], AbstractContextManager[Wired]]) -> Iterator[Floor]:
    """Return a network without machines."""
    with ExitStack() as undo:
        yield Floor(undo.enter_context(make_network()), undo)


def expect(end: End, body: bytes) -> None:
    """Wait until a frame with that body was heard. Raises `NotSeen`."""
    wait_until(f"{body!r}", lambda: end.hears(body), within=SOON, interval=1 * milliseconds)


def expect_count(of: str, count: Callable[[], int], at_least: int = 1) -> None:
    """Wait until something was counted that often. Raises `NotSeen`.

    Frames of two ends come in no order, so that one of them was heard doesn't say that the other was handled.
    """
    wait_until(of, lambda: count() >= at_least, within=SOON, interval=1 * milliseconds)


def ours(end: End) -> list[Heard]:
    """Return the frames of the suite that an end has heard by now."""
    end.listen()
    return [heard for heard in end.times if heard.frame[12:14] == EXPERIMENTAL]
