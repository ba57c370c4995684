"""What was done to a network at run time, as a value: taken with a checkpoint, put back with it.

A switch's table is no part of it: a switch learns anew where stations are, and floods until then.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from harness.network.protocol import BOTH, Direction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.network.hearing import Hearing, Match
    from harness.network.impairment import Impairment
    from harness.network.protocol import Cut, Link, Network


class Rule:
    """A rule that keeps some links from hearing others, until it is healed: a `Cut` that can be put in force again.

    It has `parts`: who may not hear whom, and of which traffic that part is, None for all.
    """

    def __init__(self, network: Network, *parts: tuple[Hearing, Match | None]) -> None:
        self._network = network
        self._parts = parts
        self._cuts: list[Cut] = []
        self.healed = True
        self.enforce()

    def dropped(self) -> int:
        """Return how many frames the rule has dropped, all the times that it was in force."""
        return sum(cut.dropped() for cut in self._cuts)

    def heal(self) -> int:
        """Let them hear each other again; returns how many frames the rule dropped. Twice is harmless."""
        self.healed = True
        return sum(cut.heal() for cut in self._cuts)

    def enforce(self) -> None:
        """Put the rule in force again, where it was healed."""
        if self.healed:
            with contextlib.ExitStack() as undo:  # all parts or none: nobody could heal a part of it
                made = [undo.enter_context(self._network.deafen(who, only=only)) for who, only in self._parts]
                undo.pop_all()
            self._cuts += made
            self.healed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.heal()


@dataclass(frozen=True)
class LinkState:
    """What is in force on one link: an impairment for each direction, and which directions are cut."""

    impairments: Mapping[Direction, Impairment]
    cut: tuple[Direction, ...]


@dataclass(frozen=True)
class NetworkState:
    """What is in force on every link, and the rules that are in force."""

    links: Mapping[str, LinkState]
    rules: tuple[Rule, ...]


def take(network: Network, rules: Sequence[Rule]) -> NetworkState:
    """Return what is in force, read back from what enforces it. `rules` are all that were ever made."""
    links = {name: _state(link) for name, link in network.links.items()}
    return NetworkState(links, tuple(rule for rule in rules if not rule.healed))


def put(network: Network, state: NetworkState, rules: Sequence[Rule]) -> None:
    """Put back what was in force; what is as it was is not touched. Links that were laid since stay as they are.

    What a machine sees of its carrier is the machine's own, and is put back with it.
    """
    for name, wanted in state.links.items():
        link = network.links[name]
        now = _state(link)
        for direction in BOTH:
            if now.impairments[direction] != wanted.impairments[direction]:
                link.impair(wanted.impairments[direction], directions=[direction])
        if now.cut != wanted.cut:
            link.restore()
            if wanted.cut:
                link.cut(directions=wanted.cut, carrier=False)
    for rule in rules:
        if rule in state.rules:
            rule.enforce()
        else:
            rule.heal()


def _state(link: Link) -> LinkState:
    impairments = {direction: link.impairment(direction) for direction in BOTH}
    return LinkState(impairments, tuple(direction for direction in BOTH if link.is_cut(direction)))
