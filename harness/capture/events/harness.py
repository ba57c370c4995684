"""What the harness itself did, between the frames that it did it to."""

from __future__ import annotations

from dataclasses import dataclass

from harness.capture.events.event import Event


@dataclass(frozen=True, slots=True)
class HarnessEvent(Event):
    """Something that the harness did, or that it saw happen to a machine; see `harness.capture.notes`.

    `what` is ``cut``, ``restore``, ``impair``, ``deafen``, ``hear``, ``power on``, ``phase``, ``checkpoint`` and so on,
    `who` the links or machines that it was done to, `details` the rest in words. `since` is when it began, where it
    lasted, in nanoseconds since 1970: of ``lost``, the time since which frames are missing.
    """

    protocol = "harness"

    what: str
    who: tuple[str, ...]
    details: str
    since: int | None
