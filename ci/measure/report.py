"""How measurements are reported: one JSON object a line."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


@dataclass(frozen=True)
class Peer:
    """What else was measured in the same run, in the same unit; `times` is the goal: at least so many times as good."""

    name: str
    value: float
    times: float | None = None


@dataclass(frozen=True)
class Figure:
    """A measurement, with its goals: `at_most`, in its unit, and those of its peers."""

    name: str
    value: float
    unit: str
    peers: Sequence[Peer] = ()
    at_most: float | None = None
    smaller_is_better: bool = False
    notes: Mapping[str, object] = field(default_factory=dict)

    def times(self, peer: Peer) -> float:
        """Return how many times as good as a peer's this value is."""
        return peer.value / self.value if self.smaller_is_better else self.value / peer.value

    def met(self) -> bool | None:
        """Say whether all goals are met; None where there is none."""
        verdicts = [self.times(peer) >= peer.times for peer in self.peers if peer.times is not None]
        if self.at_most is not None:
            verdicts.append(self.value <= self.at_most)
        return all(verdicts) if verdicts else None

    def line(self) -> str:
        """Return it as a line of JSON, without what there is none of."""
        told: dict[str, object] = {"name": self.name, "value": _rounded(self.value), "unit": self.unit}
        if self.at_most is not None:
            told["goal"] = f"at most {self.at_most:g} {self.unit}"
        if self.peers:
            told["peers"] = [self._compared(peer) for peer in self.peers]
        if (met := self.met()) is not None:
            told["met"] = met
        return json.dumps({**told, **self.notes})

    def _compared(self, peer: Peer) -> dict[str, object]:
        told = {"name": peer.name, "value": _rounded(peer.value), "times": _rounded(self.times(peer))}
        return told if peer.times is None else {**told, "goal": f"at least {peer.times:g} times"}


def emit(figure: Figure) -> None:
    """Print one measurement."""
    print(figure.line(), flush=True)  # noqa: T201 - the output


def emit_kinds(kinds: Mapping[str, Callable[[], Iterable[Figure]]], part: str) -> int:
    """Measure and print the figures of the kinds whose name has that part.

    Returns 0 where every goal is met, 1 where one is not, 2 where nothing has such a name.
    """
    chosen = [kind for kind in kinds if part in kind]
    if not chosen:
        print(f"{part!r} is no part of {', '.join(kinds)}", file=sys.stderr)  # noqa: T201 - said to who called
        return 2
    met = True
    for kind in chosen:
        for figure in kinds[kind]():
            emit(figure)
            met = met and figure.met() is not False
    return 0 if met else 1


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
