"""Prove from captured frames how a machine booted: that it came all the way from the network, or not from it at all.

A machine that ends up installed may have come there by a shorter way than the one that is rehearsed: a network card
whose ROM is iPXE skips the firmware's stage, and an old disk skips them all. So each step is proved by a frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from harness.capture.boot_steps import BIOS_NOTE, BootFiles, Wanted, bios_steps, uefi_steps
from harness.capture.describe import describe
from harness.capture.events import (
    DhcpEvent,
    DhcpOffer,
    HttpRequest,
    TcpGap,
    TftpComplete,
    TftpError,
    TftpRequest,
    Undecodable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.capture.events import Event

Firmware = Literal["uefi", "bios"]

UNKNOWN = (Undecodable, TcpGap)
SHOWN = 4
"""Events that are shown of what was seen in place of a missing step."""


@dataclass(frozen=True)
class Step:
    """A step that was taken, and the event that proves it."""

    name: str
    expected: str
    event: Event


@dataclass(frozen=True)
class MissingStep:
    """A step without a proof, and what was seen instead: near misses, or what came next."""

    name: str
    expected: str
    seen: tuple[Event, ...]

    def __str__(self) -> str:
        instead = [f"    seen instead: {describe(event)}" for event in self.seen] or ["    nothing was seen instead"]
        return "\n".join([f"  missing {self.name}: {self.expected}", *instead])


@dataclass(frozen=True)
class BootChain:
    """How far a machine came on its way from the network into the installer. True where every step is proved.

    `steps` are in the order of the chain, which is also that of their frames; `notes` say what is worth knowing
    although nothing is wrong.
    """

    mac: str
    firmware: Firmware
    steps: tuple[Step, ...]
    missing: tuple[MissingStep, ...]
    notes: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every step is proved."""
        return not self.missing

    @property
    def times(self) -> Mapping[str, int]:
        """When each step was taken, by its name, in nanoseconds since 1970."""
        return {step.name: step.event.time for step in self.steps}

    def between(self, first: str, last: str) -> timedelta | None:
        """Return the time from one step to another, to the microsecond; None where either is missing."""
        times = self.times
        if first not in times or last not in times:
            return None
        return timedelta(microseconds=(times[last] - times[first]) // 1000)

    def __bool__(self) -> bool:
        return self.complete

    def __str__(self) -> str:
        head = f"{self.mac} ({self.firmware}): {len(self.steps)} steps proved, {len(self.missing)} missing"
        start = self.steps[0].event.time if self.steps else 0
        steps = [
            f"  {(step.event.time - start) / 1e9:8.3f} s  {step.name:18} {describe(step.event)}" for step in self.steps
        ]
        return "\n".join([head, *steps, *map(str, self.missing), *(f"  note: {note}" for note in self.notes)])


@dataclass(frozen=True)
class LocalBoot:
    """Whether a machine booted without the network: `valid` is None where nothing of it was seen at all.

    `offending` are the events of a network boot, `witness` is the first sign that the machine was up.
    """

    mac: str
    offending: tuple[Event, ...]
    witness: Event | None

    @property
    def valid(self) -> bool | None:
        """Whether it did: True, False, or None where the capture does not tell."""
        if self.offending:
            return False
        return None if self.witness is None else True

    def __bool__(self) -> bool:
        return self.valid is True

    def __str__(self) -> str:
        if self.offending:
            return "\n".join([f"{self.mac} booted from the network:", *map(describe, self.offending[:SHOWN])])
        if self.witness is None:
            return f"{self.mac}: unknown, since no frame of it was captured"
        return f"{self.mac} did not boot from the network; {describe(self.witness)}"


def boot_chain(
    events: Iterable[Event],
    mac: str,
    firmware: Firmware = "uefi",
    *,
    after: int = 0,
    files: BootFiles | None = None,
) -> BootChain:
    """Return what the events prove of a machine's boot from the network, from `after` (nanoseconds since 1970) on.

    `events` are in the order of time, as a timeline has them. With ``uefi`` the chain starts with the firmware's own
    PXE and TFTP; with ``bios`` it starts with iPXE, which is what a network card's ROM is in QEMU. `files` are the
    names that are loaded.
    """
    mine = [event for event in events if event.time >= after and _concerns(event, mac)]
    wanted = (uefi_steps if firmware == "uefi" else bios_steps)(mine, mac, files or BootFiles())
    steps: list[Step] = []
    missing: list[MissingStep] = []
    position = 0
    for want in wanted:
        place = next((at for at in range(position, len(mine)) if want.fits(mine[at])), None)
        if place is None:
            missing.append(MissingStep(want.name, want.expected, _instead(mine, position, want)))
        else:
            steps.append(Step(want.name, want.expected, mine[place]))
            position = place + 1
    return BootChain(mac, firmware, tuple(steps), tuple(missing), tuple(_notes(mine, mac, firmware)))


def no_network_boot(events: Iterable[Event], mac: str, *, after: int = 0) -> LocalBoot:
    """Return whether a machine came up without booting from the network, from `after` (nanoseconds since 1970) on.

    What gives a network boot away: DHCP by a PXE or iPXE client or with a boot client's architecture, any TFTP
    request, and HTTP requests by iPXE.
    """
    sent = [event for event in events if event.time >= after and _concerns(event, mac) and event.sent_by == mac]
    offending = tuple(event for event in sent if _boots(event))
    witness = next((event for event in sent if not _boots(event) and not isinstance(event, UNKNOWN)), None)
    return LocalBoot(mac, offending, witness)


def _concerns(event: Event, mac: str) -> bool:
    return mac in {event.sent_by, event.sent_to} or (isinstance(event, DhcpEvent) and event.client == mac)


def _boots(event: Event) -> bool:
    if isinstance(event, DhcpEvent):
        return event.from_pxe or event.from_ipxe or bool(event.architectures)
    if isinstance(event, HttpRequest):
        return event.user_agent.startswith(("iPXE", "UefiHttpBoot"))
    return isinstance(event, TftpRequest)


def _instead(mine: Sequence[Event], position: int, want: Wanted) -> tuple[Event, ...]:
    """Return the events of the same kind that did not fit, else those that came where the step should have been."""
    near = [event for event in mine[position:] if isinstance(event, want.kind)]
    return tuple((near or mine[position:])[:SHOWN])


def _notes(mine: Sequence[Event], mac: str, firmware: Firmware) -> Iterable[str]:
    if firmware == "bios":
        yield BIOS_NOTE
    sent = [event for event in mine if isinstance(event, TftpComplete)]
    if sent and firmware == "bios":
        yield f"files were sent over TFTP all the same: {', '.join(sorted({event.file for event in sent}))}"
    if len(sent) > 1:
        yield f"{len(sent)} files were sent over TFTP: {', '.join(event.file for event in sent)}"
    if any(isinstance(event, TftpError) and event.sent_by == mac for event in mine):
        yield "the client ended a TFTP transfer itself, as firmware does that asks for a file's size first"
    if len({event.server for event in mine if isinstance(event, DhcpOffer)}) > 1:
        yield "more than one DHCP server offered an address"
    lost = [event for event in mine if isinstance(event, UNKNOWN)]
    if lost:
        yield f"{len(lost)} frames could not be read or were not captured, the first: {describe(lost[0])}"
