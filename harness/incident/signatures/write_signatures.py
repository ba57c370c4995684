"""The signature of a store that lies: a write that was acknowledged is gone. Pure."""

from __future__ import annotations

from harness.checks.losses import nothing_lost
from harness.incident.signatures.signature import Sighting, Stage


class WriteLost:
    """A write that a client was told to be done is not there afterwards.

    Only a run knows that: captures don't say what clients meant, so of an incident nobody can tell.
    """

    name = "acknowledged write lost"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        if stage.history is None:
            return Sighting(None, "there is no history of clients")
        verdict = nothing_lost(stage.history, stage.final)
        appeared = None if verdict.valid is None else not verdict.valid
        return Sighting(appeared, verdict.because)
