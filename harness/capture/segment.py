"""One segment's view of a capture that was taken on every cable: each frame once, as it came to a switch.

A frame that crosses a switch is on every cable that it passes. Whoever asks what was said on a VLAN wants it once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.notes import LINK
from harness.capture.spoken import CARDS, tcp_ports

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from harness.capture.frames import Frame

UNTAGGED = 0
_TPID = b"\x81\x00"
_ARP = b"\x08\x06"


def of_segment(frames: Iterable[Frame], name: str, members: Mapping[str, int]) -> Iterator[Frame]:
    """Yield the frames that machines sent on a segment, all as of one link that bears its name.

    `members` are the links of the segment's cards, each with the tag that the segment's frames carry there, 0 for none.
    A frame with a priority tag (VLAN 0) is untagged.
    """
    for frame in frames:
        if frame.direction == "in" and frame.link in members and vlan_of(frame.data) == members[frame.link]:
            yield frame._replace(link=name)


def by_segment(members: Mapping[tuple[str, int], str]) -> Callable[[Frame], Frame | None]:
    """Return a view of all segments together: each frame once, as of one link that bears its segment's name.

    `members` are the segments by link and tag; it may grow meanwhile. What the harness did is on all of them.
    """

    def view(frame: Frame) -> Frame | None:
        if frame.direction == "in":
            name = members.get((frame.link, vlan_of(frame.data)))
            return None if name is None else frame._replace(link=name)
        return frame if frame.link == LINK else None

    return view


def first_said(view: Callable[[Frame], Frame | None], relays: Collection[str]) -> Callable[[Frame], Frame | None]:
    """Return a view without what comes by relays (the links of routers), but for the ARP that they say themselves.

    The two ways of a TCP connection that is routed are on different segments then, so all TCP is as of one link.
    """

    def seen(frame: Frame) -> Frame | None:
        if frame.link in relays and frame.data[12:14] != _ARP:
            return None
        own = view(frame)
        return own._replace(link=CARDS) if own is not None and tcp_ports(own.data) else own

    return seen


def at_links(links: Collection[str]) -> Callable[[Frame], Frame | None]:
    """Return a view of some cables, both ways, and of what the harness did."""
    kept = {*links, LINK}
    return lambda frame: frame if frame.link in kept else None


def vlan_of(data: bytes) -> int:
    """Return the VLAN of a frame's tag, 0 where it has none."""
    return (int.from_bytes(data[14:16]) & 0x0FFF) if data[12:14] == _TPID else UNTAGGED
