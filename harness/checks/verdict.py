"""Verdicts: it holds, it does not hold, or nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HOLDS, VIOLATED, UNKNOWN = 0, 1, 3
"""The exit statuses of a verdict; 2 is for input that can't be used."""


@dataclass(frozen=True)
class Verdict:
    """What a check says.

    `valid` is True where it holds, False where it does not, and None where nobody knows: the evidence is missing or
    incomplete, or the budget was spent. `because` says in one sentence why. `witness` is what proves a violation, few
    enough values to be read; it is empty for anything else. `name` is the check's own name.
    """

    valid: bool | None
    because: str
    witness: tuple[object, ...] = ()
    name: str = ""

    @property
    def exit_status(self) -> int:
        """What a command ends with: 0 where it holds, 1 where it does not, 3 where nobody knows."""
        return {True: HOLDS, False: VIOLATED, None: UNKNOWN}[self.valid]

    def __str__(self) -> str:
        word = {True: "holds", False: "does not hold", None: "unknown"}[self.valid]
        return f"{self.name}: {word}: {self.because}" if self.name else f"{word}: {self.because}"

    def __bool__(self) -> bool:
        """Refuse to be taken for true or false, because unknown is neither. Raises `TypeError`."""
        raise TypeError("a verdict has three values: ask for its `valid`, and compare that with True, False or None")


def combine(verdicts: Iterable[Verdict], *, name: str = "", holds: str = "nothing was to be checked") -> Verdict:
    """Return one verdict for all: a violation outweighs what is unknown, and that outweighs what holds.

    It says why in the words of the first verdict that decides, and how many others say the same; `holds` is what it
    says where all hold, and of none.
    """
    every = tuple(verdicts)
    for valid in (False, None):
        deciding = [one for one in every if one.valid is valid]
        if deciding:
            first, others = deciding[0], len(deciding) - 1
            because = f"{first.name}: {first.because}" if first.name else first.because
            more = f" (and {others} more like it)" if others else ""
            return Verdict(valid, because + more, first.witness, name)
    return Verdict(True, holds, name=name)
