"""The signature of a clock that is set while its machine runs. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.incident import citing
from harness.incident.machines.clock_changes import harmless, steps
from harness.incident.machines.scene import Scene
from harness.incident.signatures.signature import Sighting

if TYPE_CHECKING:
    from harness.incident.signatures.signature import Stage

SECOND = 10**9


class ClockJumps:
    """A machine's wall clock goes another way than its monotonic one, and nothing says that it was put right."""

    name = "clock jumps"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        lives = [life for every in Scene(stage.record).lives.values() for life in every]
        for life in lives:
            for step in steps(life):
                if step.after.time >= stage.since and abs(step.by) >= SECOND and not harmless(life, step):
                    shows = f"its clock was set by {step.by / SECOND:+.1f} s"
                    return Sighting(True, f"{life.machine}: {shows}", (citing.said(step.after, shows),))
        return Sighting(False, "no clock was set") if lives else Sighting(None, "no journals")
