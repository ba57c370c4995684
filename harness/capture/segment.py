"""One segment's view of a capture that was taken on every cable: each frame once, as it came to a switch.

A frame that crosses a switch is on every cable that it passes. Whoever asks what was said on a VLAN wants it once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from harness.capture.frames import Frame

UNTAGGED = 0
_TPID = b"\x81\x00"


def of_segment(frames: Iterable[Frame], name: str, members: Mapping[str, int]) -> Iterator[Frame]:
    """Yield the frames that machines sent on a segment, all as of one link that bears its name.

    `members` are the links of the segment's cards, each with the tag that the segment's frames carry there, 0 for none.
    A frame with a priority tag (VLAN 0) is untagged.
    """
    for frame in frames:
        if frame.direction == "in" and frame.link in members and vlan_of(frame.data) == members[frame.link]:
            yield frame._replace(link=name)


def vlan_of(data: bytes) -> int:
    """Return the VLAN of a frame's tag, 0 where it has none."""
    return (int.from_bytes(data[14:16]) & 0x0FFF) if data[12:14] == _TPID else UNTAGGED
