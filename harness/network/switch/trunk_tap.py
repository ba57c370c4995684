"""A trunk to a machine whose kernel has no 802.1Q: one TAP device for each VLAN, and the tags put on and off here.

On the cable, in the capture and to the switch's core it is a trunk like any other.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

from harness.network import tags
from harness.network.switch import offload
from harness.network.switch.device import Tap

if TYPE_CHECKING:
    from collections.abc import Mapping

UNTAGGED = 0
_ADDRESSES = offload.LENGTH + tags.ADDRESSES
_HEADER = offload.LENGTH + tags.HEADER
_TAGGED = offload.LENGTH + tags.TAGGED_HEADER


class TrunkTap:
    """Several TAP devices as one. `descriptors` are by VLAN, 0 for the device of untagged frames."""

    def __init__(self, descriptors: Mapping[int, int]) -> None:
        self._taps = {vlan: Tap(descriptor) for vlan, descriptor in descriptors.items()}
        self._vlans = {descriptor: vlan for vlan, descriptor in descriptors.items()}
        self._poll = select.epoll()
        for descriptor in self._vlans:
            self._poll.register(descriptor, select.EPOLLIN)
        self._ready: list[int] = []

    def fileno(self) -> int:
        """Return the descriptor to wait on, which is readable when one of the devices is."""
        return self._poll.fileno()

    def read(self) -> bytes:
        """Return the next frame of any device, tagged with its VLAN. Raises as `Device.read`."""
        if not self._ready:
            self._ready = [self._vlans[descriptor] for descriptor, _ in self._poll.poll(0)]
        while self._ready:
            vlan = self._ready.pop()
            try:
                return tagged(self._taps[vlan].read(), vlan)
            except BlockingIOError:
                continue
        raise BlockingIOError

    def write(self, data: bytes) -> bool:
        """Hand a frame to the device of its VLAN, without its tag; returns whether there is one that took it."""
        vlan, bare = untagged(data)
        tap = self._taps.get(vlan)
        return tap is not None and tap.write(bare)

    def missed(self) -> int:
        """Return 0, as `Tap.missed`."""
        return 0

    def set_carrier(self, *, on: bool) -> bool:
        """Set the carrier of all devices: they are one cable."""
        return sum(tap.set_carrier(on=on) for tap in self._taps.values()) == len(self._taps)

    def close(self) -> None:
        """Close all devices."""
        self._poll.close()
        for tap in self._taps.values():
            tap.close()


def tagged(data: bytes, vlan: int) -> bytes:
    """Return a frame behind its offload header with a tag; as it is for VLAN 0.

    A machine that sends its own tag on such a device has it stacked, and the switch refuses that, as it should.
    """
    if vlan == UNTAGGED or len(data) < _HEADER:
        return data
    head = offload.shifted(data[: offload.LENGTH], tags.TAG)
    return b"".join((head, data[offload.LENGTH : _ADDRESSES], tags.tag(vlan), data[_ADDRESSES:]))


def untagged(data: bytes) -> tuple[int, bytes]:
    """Return the VLAN of a frame behind its offload header, 0 where it has no tag, and the frame without the tag."""
    tag = tags.parse(data[offload.LENGTH : _TAGGED])
    if tag is None or not tag.length:
        return UNTAGGED, data
    head = offload.shifted(data[: offload.LENGTH], -tags.TAG)
    return tag.vlan, b"".join((head, data[offload.LENGTH : _ADDRESSES], data[_ADDRESSES + tags.TAG :]))
