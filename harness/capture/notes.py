"""What the harness did, as frames of a capture: other tools show each where it happened, and our reader gives it back.

A note is a short Ethernet frame on an interface of its own, so that every tool takes it for a frame. Its packet comment
is for people; its payload is the same as JSON, and outlasts tools that lose comments.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from harness.capture.protocols import ethernet
from harness.capture.protocols.malformed import Malformed

LINK = "harness"
"""The interface that notes are on."""

ETHERTYPE = 0x88B5
"""For local experiments (IEEE 802, clause 9.2.3)."""

LOST = "lost"
"""What a note of frames says that passed and were not captured."""

RESTORE = "restore checkpoint"
"""What a note says of machines that were put back as they were once: their connections go on from there."""

LONGEST_COMMENT = 1000
"""Characters; pcapng has room for 65,535 bytes, a screen has not."""

_HEADER = bytes(12) + ETHERTYPE.to_bytes(2)


class Note(NamedTuple):
    """Something that the harness did, or that happened to a machine: `what` in a word or two, to `who`, in detail.

    `since` is when it began (nanoseconds since 1970), where it lasted.
    """

    what: str
    who: tuple[str, ...] = ()
    details: str = ""
    since: int | None = None

    def __str__(self) -> str:
        words = " ".join([self.what, ", ".join(self.who)]).rstrip()
        return f"{words}: {self.details}" if self.details else words


def frame_of(note: Note) -> bytes:
    """Return the frame that carries a note."""
    said = {name: value for name, value in note._asdict().items() if name == "what" or value not in ((), "", None)}
    return _HEADER + json.dumps(said, ensure_ascii=False).encode()


def comment_of(note: Note) -> str:
    """Return the packet comment of a note."""
    words = f"harness: {note}"
    return words if len(words) <= LONGEST_COMMENT else f"{words[: LONGEST_COMMENT - 1]}…"


def parse(payload: bytes) -> Note:
    """Return the note that a frame's payload is. Raises `Malformed`; padding behind it is none of it."""
    try:
        said, _ = json.JSONDecoder().raw_decode(payload.decode())
        since = said.get("since")
        return Note(str(said["what"]), _names(said.get("who", ())), str(said.get("details", "")), since and int(since))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Malformed(f"no note of the harness: {type(error).__name__}") from None


def is_note(link: str, data: bytes) -> bool:
    """Whether a frame is a note, by the link that it is on and its header."""
    return link == LINK and data[: ethernet.HEADER] == _HEADER


def _names(said: object) -> tuple[str, ...]:
    if not isinstance(said, list | tuple):
        raise TypeError
    return tuple(str(one) for one in said)
