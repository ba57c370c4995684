"""All wires of one lab: they share what is decoded, and are woken together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from harness.capture.views import at_links, by_segment, first_said
from harness.wire.growth import Growth
from harness.wire.source import Captured, Source
from harness.wire.watch import WATCHED, Watch
from harness.wire.wire import Setting, Wire

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from harness.capture.naming import Names
    from harness.sandbox.waiting import Patience
    from harness.topology.model import Topology


class Growing(Captured, Protocol):
    """A network whose captures can be read along."""

    def wake(self, descriptor: int) -> None:
        """Have an event counter (eventfd(2)) raised whenever the captures on disk have grown."""


class Wires:
    """Gives the wires of a network. `segments` are its VLANs' names by link and tag; links may come to it meanwhile."""

    def __init__(
        self,
        network: Growing,
        segments: Mapping[tuple[str, int], str],
        names: Names,
        evidence: Path,
        patience: Patience,
    ) -> None:
        self._network = network
        self._segments = segments
        self._setting = Setting(Growth(network.wake), names, evidence, patience)
        self._sources: dict[tuple[str, ...], Source] = {}

    def of_vlans(self) -> Wire:
        """Return the wire of all VLANs: each frame once, as it came to a switch, the VLAN's name for its link."""
        return Wire(self._source(()), self._setting, self._segments.values())

    def of_links(self, *links: str) -> Wire:
        """Return the wire of some cables, both ways, of what came through."""
        return Wire(self._source(tuple(sorted(set(links)))), self._setting, links)

    def watch(self, topology: Topology, relays: Collection[str] = ()) -> Watch:
        """Return a watch over the cluster of that topology, from the first frame on.

        What routers pass on, by the links of `relays`, was said before and is not looked at again.
        """
        view = first_said(by_segment(self._segments), relays)
        source = self._sources["watch",] = Source(self._network, view, protocols=WATCHED)
        return Watch(source, topology, patience=self._setting.patience.factor)

    def close(self) -> None:
        """Close the captures. What was decoded by then can still be asked for."""
        self._setting.growth.close()
        for source in self._sources.values():
            source.close()

    def _source(self, links: tuple[str, ...]) -> Source:
        if links not in self._sources:
            view = at_links(links) if links else by_segment(self._segments)
            self._sources[links] = Source(self._network, view)
        return self._sources[links]
