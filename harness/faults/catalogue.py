"""Every fault by its word, as schedules name it. A new fault is a class of its own and a line here."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from harness.faults.links import Cut, Impair, Pull
from harness.faults.partitions import Bridge, Deafen, Drop, Isolate, Ring, Split
from harness.faults.power import Pause, PowerCut, Reset

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
)
CATALOGUE: Mapping[str, type[Fault]] = MappingProxyType({fault.word: fault for fault in FAULTS})
