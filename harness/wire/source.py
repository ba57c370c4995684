"""The events of a running network's captures, each frame decoded once, whoever asks and however often."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from harness.capture.follow import Follower
from harness.capture.timeline import BY_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from harness.capture.dissector import Ports
    from harness.capture.events import Event
    from harness.capture.frames import Frame


class Captured(Protocol):
    """A network, as far as its captures are concerned."""

    @property
    def captures(self) -> Sequence[Path]:
        """The capture files, up to date after `flush`."""

    def flush(self) -> None:
        """Bring them up to date."""


class Source:
    """What was seen by a view of a network's captures. It is read by whoever asks, in whose thread it is decoded.

    What waits to be decoded waits in the file: nobody who captures waits for anybody who reads.
    """

    def __init__(
        self,
        network: Captured,
        view: Callable[[Frame], Frame | None],
        ports: Ports | None = None,
        protocols: Collection[str] | None = None,
    ) -> None:
        self._network = network
        self._view = view
        self._ports = ports
        self._protocols = protocols
        self._lock = threading.Lock()
        self._followers: list[Follower] | None = None
        self._arrived: list[Event] = []
        self._sorted: tuple[Event, ...] = ()
        self._closed = False

    @property
    def captures(self) -> Sequence[Path]:
        """The capture files."""
        return self._network.captures

    @property
    def waiting(self) -> frozenset[str]:
        """The protocols of which something waits for a segment that was not captured."""
        return frozenset(protocol for one in self._followers or () for protocol in one.waiting)

    def read(self) -> Sequence[Event]:
        """Decode what the files have by now, and return all events in the order in which they were told.

        That list only grows. Raises `CaptureError` and `OSError` as `Follower`.
        """
        with self._lock:
            if self._followers is None:
                self._network.flush()
                self._followers = [
                    Follower(path, self._ports, self._view, self._protocols) for path in self._network.captures
                ]
            for one in self._followers:
                self._arrived += one.new_events()
            return self._arrived

    def latest(self) -> Sequence[Event]:
        """Decode all that has passed until now, and return all events as `read` does.

        Raises as `read`, and `LabError` where the network is dead.
        """
        if not self._closed:
            self._network.flush()
        return self.read()

    def sync(self) -> tuple[Event, ...]:
        """Decode all that has passed until now, and return all events, by time, then by frame. Raises as `latest`."""
        arrived = self.latest()
        with self._lock:
            if len(self._sorted) != len(arrived):
                self._sorted = tuple(sorted(arrived, key=BY_TIME))
            return self._sorted

    def close(self) -> None:
        """Close the files. What was decoded by then can still be asked for."""
        with self._lock:
            self._closed = True
            for one in self._followers or ():
                one.close()
            self._followers = []
