"""Every fault by its word, as schedules name it. A new fault is a class of its own and a line here."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from harness.faults.boot import BootServerDown, HttpStalled, ImageCorrupted, LeasesExhausted, TftpStalled
from harness.faults.clocks import ClockDrift, ClockJump
from harness.faults.disks import DiskFull, DiskReadOnly, DiskSlow, DiskStall
from harness.faults.intermittent import Flap, Swizzle
from harness.faults.links import Cut, Impair, Pull
from harness.faults.members import AddMember, RemoveMember
from harness.faults.partitions import Bridge, Deafen, Drop, Isolate, Ring, Split
from harness.faults.power import Pause, PowerCut, Reset
from harness.faults.pressure import CpuPressure, MemoryPressure
from harness.faults.processes import Kill, PauseProcess, Restart, Stop
from harness.faults.rogue_dhcp import RogueDhcp
from harness.faults.sites import SiteLoss, WanDegraded, WanLoss

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.faults.fault import Fault

FAULTS: tuple[type[Fault], ...] = (
    Pull,
    Cut,
    Impair,
    Isolate,
    Split,
    Deafen,
    Bridge,
    Ring,
    Drop,
    Flap,
    Swizzle,
    WanDegraded,
    WanLoss,
    SiteLoss,
    PowerCut,
    Reset,
    Pause,
    Kill,
    PauseProcess,
    Restart,
    Stop,
    DiskStall,
    DiskSlow,
    DiskFull,
    DiskReadOnly,
    ClockJump,
    ClockDrift,
    CpuPressure,
    MemoryPressure,
    BootServerDown,
    RogueDhcp,
    LeasesExhausted,
    TftpStalled,
    HttpStalled,
    ImageCorrupted,
    AddMember,
    RemoveMember,
)
CATALOGUE: Mapping[str, type[Fault]] = MappingProxyType({fault.word: fault for fault in FAULTS})
