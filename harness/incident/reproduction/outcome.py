"""How often a signature came back when an incident's schedule was run again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import Inconclusive, ScenarioFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.incident.signatures.signature import Sighting


@dataclass(frozen=True)
class Outcome:
    """How often a signature came back: in `back` of `runs`; `unknown` ones say nothing, `healed` were well afterwards.

    `told` has a line for each run.
    """

    signature: str
    runs: int
    back: int
    unknown: int
    healed: int
    told: tuple[str, ...] = ()

    def __str__(self) -> str:
        known = f", {self.unknown} unknown" if self.unknown else ""
        healed = "" if self.healed == self.runs else f"; all was well again after {self.healed}"
        return f"{self.signature!r} came back in {self.back} of {self.runs} runs{known}{healed}"

    def properties(self) -> Mapping[str, str]:
        """Return it as JUnit has it."""
        return {"signature": self.signature, "signature-runs": str(self.runs), "signature-back": str(self.back)}

    def require(self) -> None:
        """Raise `ScenarioFailure` where it never came back, `Inconclusive` where that is not known of any run."""
        if self.back:
            return
        if self.unknown:
            raise Inconclusive(f"the signature {self.signature!r} comes back", list(self.told))
        raise ScenarioFailure(f"the signature {self.signature!r} to come back", seen="\n".join(self.told))


def outcome_of(signature: str, runs: int, once: Callable[[int], tuple[Sighting, bool]]) -> Outcome:
    """Return what became of some runs, which end early where not all is well again.

    `once` makes the run of a number, from 1, and says what was seen, and whether all was well again after it.
    """
    told: list[str] = []
    seen: list[bool | None] = []
    healed = 0
    for number in range(1, runs + 1):
        sighting, heals = once(number)
        seen.append(sighting.appeared)
        told.append(f"run {number}: {sighting.because}{'' if heals else '; it did not heal'}")
        healed += heals
        if not heals:
            break
    return Outcome(signature, len(seen), seen.count(True), seen.count(None), healed, tuple(told))
