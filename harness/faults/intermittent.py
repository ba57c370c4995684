"""Faults of cables that change while they last: flapping, and the swizzle."""

from __future__ import annotations

import random
import threading
from abc import abstractmethod
from dataclasses import dataclass
from datetime import timedelta  # noqa: TC003 - the fields' types are read when schedules are
from typing import TYPE_CHECKING

from harness.faults.fault import Injected, Proof
from harness.faults.links import OfLinks, Severed
from harness.network.protocol import BOTH
from harness.units import format_duration, milliseconds, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.faults.fault import Rig
    from harness.network.selection import LinkSet

QUICKEST = 20 * milliseconds
ENDS_WITHIN = 10.0
"""Seconds that the last thing that is done to a link may take."""


@dataclass(frozen=True)
class Flap(OfLinks):
    """Cut links and restore them, over and over: each period is half of each. Nobody sees the carrier go."""

    word = "flap"

    every: timedelta = 1 * seconds

    def __post_init__(self) -> None:
        """Raise `ValueError` for a period that is too short to be kept."""
        _check(self.every)

    def inject(self, rig: Rig) -> Injected:
        """Begin with the first cut."""
        return _Flapping(rig.links(*self.links), self.every / 2)


@dataclass(frozen=True)
class Swizzle(OfLinks):
    """Cut links one by one, then restore them one by one in an order of chance, which the seed decides.

    There are twice as many steps as links, and `every` lies between two of them. Healing restores what is still cut at
    once.
    """

    word = "swizzle"

    every: timedelta = 1 * seconds
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise `ValueError` for steps that are too short to be kept."""
        _check(self.every)

    def inject(self, rig: Rig) -> Injected:
        """Begin with the first cut."""
        return _Swizzling(rig.links(*self.links), self.every, random.Random(self.seed))  # noqa: S311 - no secret


class _Changing(Injected):
    """Something that a thread goes on doing to links, a step at a time, until it is healed."""

    def __init__(self, every: timedelta) -> None:
        self._every = every.total_seconds()
        self._steps = self.steps()
        self._stop = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="harness-fault", daemon=True)
        next(self._steps)
        self._thread.start()

    @abstractmethod
    def steps(self) -> Iterator[None]:
        """Do one thing after the other. What is cut where it is closed is restored."""

    def heal(self) -> None:
        """Stop, and restore all that is cut. Raises what went wrong meanwhile."""
        self._stop.set()
        self._thread.join(ENDS_WITHIN)
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            while not self._stop.wait(self._every):
                if next(self._steps, self) is self:
                    break
        except Exception as error:  # noqa: BLE001 - raised where it is healed
            self._error = error
        finally:
            self._steps.close()  # type: ignore[attr-defined]  # they are generators


class _Flapping(_Changing):
    def __init__(self, links: LinkSet, half: timedelta) -> None:
        self._links = links
        self._proofs: list[Proof] = []
        self._cut: Severed | None = None
        super().__init__(half)

    def steps(self) -> Iterator[None]:
        try:
            while True:
                self._cut = Severed(self._links, BOTH, carrier=False)
                yield
                self._restore()
                yield
        finally:
            self._restore()

    def proof(self) -> Proof:
        cut, proofs = self._cut, list(self._proofs)
        proofs += [cut.proof()] if cut is not None else []
        bit = [proof for proof in proofs if proof.bit]
        told = f"{len(proofs)} cuts of {', '.join(self._links.names)}, of which {len(bit)} kept frames from passing"
        return Proof(len(bit) > 1, told)

    def _restore(self) -> None:
        cut, self._cut = self._cut, None
        if cut is not None:
            self._proofs.append(cut.proof())
            cut.heal()


class _Swizzling(_Changing):
    def __init__(self, links: LinkSet, every: timedelta, chance: random.Random) -> None:
        self._all = links.each()
        self._chance = chance
        self._cut: list[Severed] = []
        self._proofs: list[Proof] = []
        super().__init__(every)

    def steps(self) -> Iterator[None]:
        try:
            for links in self._all:
                self._cut.append(Severed(links, BOTH, carrier=False))
                yield
            self._chance.shuffle(self._cut)
            while self._cut:
                self._restore()
                yield
        finally:
            while self._cut:
                self._restore()

    def proof(self) -> Proof:
        proofs = [*self._proofs, *(one.proof() for one in list(self._cut))]
        bit = [proof for proof in proofs if proof.bit]
        told = f"{len(proofs)} of {len(self._all)} links were cut, of which {len(bit)} let frames not through"
        return Proof(len(proofs) == len(self._all) and bool(bit), told)

    def _restore(self) -> None:
        cut = self._cut.pop()
        self._proofs.append(cut.proof())
        cut.heal()


def _check(every: timedelta) -> None:
    if every < QUICKEST:
        raise ValueError(f"every is {format_duration(every)}, expected at least {format_duration(QUICKEST)}")
