"""What is in force in a lab, so that no fault takes what another one holds: the end of one would be that of both."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from harness.errors import LabError
from harness.faults.words import describe

if TYPE_CHECKING:
    from harness.faults.fault import Fault, Injected, Rig


class InForce:
    """Injects faults into one lab and heals them. It may be used from several threads."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._holders: dict[str, Fault] = {}
        self._lock = threading.Lock()

    def inject(self, fault: Fault) -> Injected:
        """Inject a fault. Raises `LabError` where one that is in force holds what it would, and as `Fault.inject`."""
        held = fault.holds(self._rig)
        with self._lock:
            for name in sorted(held & self._holders.keys()):
                raise LabError(f"{name} is held by {describe(self._holders[name])!r}, which is in force")
            self._holders.update(dict.fromkeys(held, fault))
        try:
            return fault.inject(self._rig)
        except BaseException:
            self._release(held)
            raise

    def heal(self, fault: Fault, injected: Injected) -> None:
        """Heal what `inject` returned for a fault. Raises what healing it raises; it holds nothing any more."""
        try:
            injected.heal()
        finally:
            self._release(fault.holds(self._rig))

    def _release(self, held: frozenset[str]) -> None:
        with self._lock:
            for name in held:
                del self._holders[name]
