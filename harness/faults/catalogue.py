"""Every fault by its word, as schedules name it. A new fault is a class of its own and a line here."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from harness.faults.clocks import ClockDrift, ClockJump
from harness.faults.disks import DiskFull, DiskReadOnly, DiskSlow, DiskStall
from harness.faults.links import Cut, Impair, Pull
from harness.faults.partitions import Bridge, Deafen, Drop, Isolate, Ring, Split
from harness.faults.power import Pause, PowerCut, Reset
from harness.faults.pressure import CpuPressure, MemoryPressure
from harness.faults.processes import Kill, PauseProcess, Restart, Stop

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
)
CATALOGUE: Mapping[str, type[Fault]] = MappingProxyType({fault.word: fault for fault in FAULTS})
