"""Views of a capture that was taken on every cable: of one segment, of all of them, of some cables, of one port.

A frame that crosses a switch is on every cable that it passes. Whoever asks what was said wants it once, as it came to
the first switch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.notes import LINK

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from harness.capture.frames import Frame

CARDS = "cards"
"""The one link that all machines' cards are taken for, where both ways of a connection are on different VLANs."""

UNTAGGED = 0
_TPID, _IPV4, _ARP = b"\x81\x00", b"\x08\x00", b"\x08\x06"
_TCP = 6


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


def spoken(frames: Iterable[Frame], cards: Collection[str], port: int) -> Iterator[Frame]:
    """Yield the frames of TCP over IPv4 that cards sent from or to a port, all as of one link, `CARDS`."""
    ends = port.to_bytes(2)
    for frame in frames:
        if frame.direction == "in" and frame.link in cards and ends in tcp_ports(frame.data):
            yield frame._replace(link=CARDS)


def tcp_ports(data: bytes) -> tuple[bytes, ...]:
    """Return the ports of a frame of TCP over IPv4, tagged once at most; none for any other frame."""
    kind = 16 if data[12:14] == _TPID else 12
    header = kind + 2
    if data[kind:header] != _IPV4 or len(data) <= header + 9 or data[header + 9] != _TCP:
        return ()
    start = header + (data[header] & 0x0F) * 4
    return data[start : start + 2], data[start + 2 : start + 4]
