"""The 802.1Q tag (C-tag) in a frame's bytes: TPID 0x8100, then 3 bits of priority, 1 of DEI, 12 of VLAN identifier."""

from __future__ import annotations

from typing import NamedTuple

ADDRESSES = 12
"""Bytes of the destination and the source, after which a tag stands."""

HEADER = 14
TAG = 4
TAGGED_HEADER = HEADER + TAG
TPID = b"\x81\x00"
VLAN_ID = 0x0FFF

MAX_FRAME = 9_022
"""Bytes of the longest frame that a cable carries: a payload of 9,000, a header, a tag, and room for a stacked tag."""


class Tag(NamedTuple):
    """What a frame's header says of its VLAN: the identifier, 0 where it has none; priority and DEI as 4 bits."""

    vlan: int
    priority: int
    length: int
    """Bytes of the tag in the frame: 4, or 0 where there is none."""


NO_TAG = Tag(0, 0, 0)


def key(frame: bytes) -> bytes:
    """Return the leading bytes of a frame that decide where it goes: its header, with the tag where it has one."""
    return frame[:TAGGED_HEADER] if frame[ADDRESSES:HEADER] == TPID else frame[:HEADER]


def parse(header: bytes) -> Tag | None:
    """Return the tag in a header, or None where the header is too short to be one."""
    if len(header) < HEADER:
        return None
    if header[ADDRESSES:HEADER] != TPID:
        return NO_TAG
    if len(header) < TAGGED_HEADER:
        return None
    control = int.from_bytes(header[14:16], "big")
    return Tag(control & VLAN_ID, control >> 12, TAG)


def is_stacked(header: bytes) -> bool:
    """Say whether another C-tag stands behind the first: taking the first off would move the frame to its VLAN."""
    return header[ADDRESSES:HEADER] == TPID and header[16:18] == TPID


def tag(vlan: int, priority: int = 0) -> bytes:
    """Return the 4 bytes of a tag; `priority` is PCP and DEI as 4 bits."""
    return TPID + (priority << 12 | vlan).to_bytes(2, "big")
