"""A link of the switch kind, and a rule of who hears whom: what is asked of the switch about each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from harness.network import impairment
from harness.network.protocol import BOTH, Counters, Direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.network.impairment import Impairment
    from harness.network.switch_process import SwitchProcess


class Link:
    """One cable, from a machine's card to the switch. Its directions are named by what the machine does."""

    def __init__(self, process: SwitchProcess, name: str, number: int) -> None:
        self.name = name
        self.number = number
        self._process = process

    def impair(self, value: Impairment, *, directions: Sequence[Direction] = BOTH) -> None:
        """Replace the impairment of one direction or both."""
        self._tell("impair", value=impairment.to_json(value), directions=list(directions))

    def impairment(self, direction: Direction) -> Impairment:
        """Return the impairment of a direction, read back from the switch that enforces it."""
        return impairment.from_json(self._tell("read")[direction]["impairment"])

    def is_cut(self, direction: Direction) -> bool:
        """Say whether a direction is cut, read back from the switch."""
        return bool(self._tell("read")[direction]["cut"])

    def cut(self, *, directions: Sequence[Direction] = BOTH, carrier: bool = True) -> bool:
        """Block one direction or both; frames on their way still arrive.

        Where both are cut and `carrier` is true, the machine sees its carrier go. Returns whether it can see that: a
        guest on a UDP socket can't. Each call replaces what an earlier one has cut.
        """
        keep = not (carrier and set(directions) == set(BOTH))
        return bool(self._tell("cut", up="up" in directions, down="down" in directions, carrier=keep))

    def restore(self) -> None:
        """Let everything through again, in both directions. The impairment stays as it is."""
        self._tell("cut", up=False, down=False, carrier=True)

    def counters(self) -> Counters:
        """Return what the link has carried, and what it did to frames."""
        return Counters(**self._process.tell("flush")["links"][self.name])

    def _tell(self, command: str, **arguments: Any) -> Any:  # noqa: ANN401 - JSON
        return self._process.tell(command, number=self.number, **arguments)


class Cut:
    """A rule that keeps some links from hearing others, in force until it is healed. Also a context manager."""

    def __init__(self, process: SwitchProcess, number: int) -> None:
        self._process = process
        self._number = number
        self._last: int | None = None

    def dropped(self) -> int:
        """Return how many frames the rule has dropped."""
        if self._last is not None:
            return self._last
        return int(self._process.tell("flush")["rules"][str(self._number)])

    def heal(self) -> int:
        """Let them hear each other again; returns how many frames the rule dropped. Twice is harmless."""
        if self._last is None:
            self._last = int(self._process.tell("hear", rule=self._number))
        return self._last

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.heal()
