"""Frames within frames: what a VXLAN carries is decoded as a capture of its own, one for each network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.events import Origin, VxlanFrame
from harness.capture.frames import Frame, Tunnel
from harness.capture.protocols import vxlan
from harness.capture.protocols.malformed import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet
    from typing import Protocol

    from harness.capture.events import Event
    from harness.capture.protocols.udp import Udp

    class FrameDecoder(Protocol):
        """What decodes the frames of one network."""

        def frame(self, frame: Frame) -> Sequence[Event]:
            """Return the events that a frame completes."""
            ...

        def finish(self) -> Sequence[Event]:
            """Return the events that wait for frames."""
            ...

        @property
        def waiting(self) -> AbstractSet[str]:
            """The protocols of which something waits for a segment before it."""
            ...


DEEPEST = 4
"""Tunnels within each other that are followed; nobody nests more than two."""

MOST_NETWORKS = 1024
"""Networks that are followed at once; where there are more, the one that was joined first is given up."""


class CarriedFrame(Frame):
    """A frame that came through tunnels, outermost first."""

    tunnels: tuple[Tunnel, ...] = ()

    @classmethod
    def within(cls, outer: Frame, data: bytes, length: int, tunnels: tuple[Tunnel, ...]) -> CarriedFrame:
        """Return the frame that another one carries: with its number, time and link."""
        carried = cls(outer.number, outer.time, outer.link, data, length, outer.direction)
        carried.tunnels = tunnels
        return carried

    def with_data(self, data: bytes, length: int) -> CarriedFrame:
        """Return a frame that came at the same time through the same tunnels, with other octets."""
        return CarriedFrame.within(self, data, length, self.tunnels)


class Tunnels:
    """Follows the networks within a capture. Two may use the same addresses, so nothing is shared between them."""

    def __init__(self, make: Callable[[], FrameDecoder]) -> None:
        self._make = make
        self._networks: dict[tuple[str, int], FrameDecoder] = {}

    @property
    def waiting(self) -> AbstractSet[str]:
        """The protocols of which something waits within a network for a segment before it."""
        return {protocol for network in self._networks.values() for protocol in network.waiting}

    def follow(self, frame: Frame, packet: Udp) -> Iterator[Event]:
        """Yield that a frame was carried, then what it says. Raises `Malformed`, also where it is nested too deeply."""
        found = vxlan.parse(packet.payload)
        origin = Origin.of(frame)
        if len(origin.tunnels) >= DEEPEST:
            raise Malformed(f"VXLAN nested deeper than {DEEPEST}")
        tunnel = Tunnel(found.vni, origin.src, origin.dst, packet.source_port, packet.destination_port)
        length = packet.length - vxlan.HEADER
        inner = CarriedFrame.within(frame, found.frame, length, (*origin.tunnels, tunnel))
        yield _carried(origin, found, Origin.of(inner), length)
        key = (frame.link, found.vni)
        if key not in self._networks:
            if len(self._networks) >= MOST_NETWORKS:
                yield from self._networks.pop(next(iter(self._networks))).finish()
            self._networks[key] = self._make()
        yield from self._networks[key].frame(inner)

    def finish(self) -> Iterator[Event]:
        """Yield what still waits in the networks when the capture ends."""
        for network in self._networks.values():
            yield from network.finish()


def _carried(origin: Origin, found: vxlan.Vxlan, inner: Origin, length: int) -> VxlanFrame:
    return VxlanFrame(
        *origin,
        vni=found.vni,
        flags=found.flags,
        inner_sent_by=inner.sent_by,
        inner_sent_to=inner.sent_to,
        inner_vlans=inner.vlans,
        inner_src=inner.src,
        inner_dst=inner.dst,
        inner_src_port=inner.src_port,
        inner_dst_port=inner.dst_port,
        inner_length=length,
    )
