"""Whether a machine that began anew without a goodbye had been reset, or had no power for a while. Pure.

Both end a boot in the midst of a line. What the kernel or the firmware says of it counts first; then how long the
machine was off, beside what its firmware takes: by systemd, or by how long its other starts took.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from harness.capture.describe import NANO

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.incident.machines.lives import Life
    from harness.incident.record import Logged

OFF_AT_LEAST = 2 * NANO
"""Without power for less than that, a machine was reset: nobody presses a button again so soon."""
UNKNOWN_FIRMWARE = 10 * NANO
"""What firmware and boot loader of a virtual machine may take where nothing tells; those of servers take minutes."""
DOUBTFUL = 60 * NANO
"""Off for longer than that, a machine most likely had no power, whatever its firmware does."""
NEAR_THE_END = 20
NEAR_THE_START = 400
"""Lines of a boot in which its reason stands."""

_RESET = re.compile(
    r"sysrq: Resetting|Kernel panic - not syncing|Rebooting in \d+ seconds|hard LOCKUP"
    r"|watchdog: watchdog\d+: watchdog did not stop"
)
_WAS_RESET = re.compile(
    r"system reset reason \[0x[0-9a-f]+\]:(?!.*power)"
    r"|(?:last|previous) (?:re)?boot (?:was )?caused by (?:the )?watchdog|watchdog.*(?:bootstatus|reset detected)",
    re.IGNORECASE,
)
_HAD_NO_POWER = re.compile(
    r"system reset reason \[0x[0-9a-f]+\]:.*power|power[- ](?:failure|loss|outage) detected|AC power (?:lost|restored)",
    re.IGNORECASE,
)


class Decided(NamedTuple):
    """Whether it was a reset, how sure that is, why, and the line that says so, if any."""

    reset: bool
    confidence: float
    why: str
    line: Logged | None = None


def decide(old: Life | None, new: Life, off: int, *, usual: int | None) -> Decided:
    """Return what is more probable. `off` is how long the machine was off in nanoseconds; nothing may be left of `old`.

    That is without what firmware took, where systemd tells that. `usual` is how long its starts take otherwise, from
    the last line of one boot to the kernel of the next; None where that is not known.
    """
    return _by_words(old, new) or _by_time(new, off, usual)


def _by_words(old: Life | None, new: Life) -> Decided | None:
    """Return what the kernel's last or first words say; None where they say nothing."""
    ending = old.lines[-NEAR_THE_END:] if old is not None else ()
    if (line := _first(ending, _RESET)) or (line := _first(new.lines[:NEAR_THE_START], _WAS_RESET)):
        return Decided(True, 0.95, "it was reset", line)
    line = _first(new.lines[:NEAR_THE_START], _HAD_NO_POWER)
    return Decided(False, 0.95, "it had no power", line) if line else None


def _by_time(new: Life, off: int, usual: int | None) -> Decided:
    """Return what the time says for which a machine was off."""
    took = f"it was off for {off / NANO:.1f} s"
    if not has_firmware(new):
        return Decided(False, 0.95, f"{took}, and has no firmware: a container or a namespace")
    if new.before_kernel:
        return Decided(off < OFF_AT_LEAST, 0.95, f"{took} beside what its firmware took")
    if usual is not None:
        return Decided(off < usual + OFF_AT_LEAST, 0.8, f"{took}, and its starts take {usual / NANO:.1f} s otherwise")
    if off < UNKNOWN_FIRMWARE:
        return Decided(True, 0.55, f"{took}: a reset, or power that was cut for less than that")
    why = "" if off >= DOUBTFUL else ": no power, or a reset and a slow firmware"
    return Decided(False, 0.9 if off >= DOUBTFUL else 0.6, took + why)


def usual_start(every: Iterable[Sequence[Life]]) -> int | None:
    """Return how long starts take after a goodbye, the longest of them: from the last line to the kernel's start."""
    took = [
        new.started(after=old.last.time) - old.last.time
        for lives in every
        for old, new in pairwise(lives)
        if old.goodbye is not None and has_firmware(new)
    ]
    return max(took, default=None)


def has_firmware(life: Life) -> bool:
    """Whether a boot began with a kernel of its own; a container's does not."""
    return any(line.entry.identifier == "kernel" for line in life.lines[:50])


def _first(lines: Iterable[Logged], words: re.Pattern[str]) -> Logged | None:
    return next(
        (line for line in lines if line.entry.identifier == "kernel" and words.search(line.entry.message)), None
    )
