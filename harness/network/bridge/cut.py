"""A rule of the packet filter that keeps some links from hearing others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from harness.network import notes
from harness.network.bridge import filter as rules

if TYPE_CHECKING:
    from harness.network.bridge.control import Control
    from harness.network.hearing import Hearing


class BridgeCut:
    """A rule that keeps some links from hearing others, in force until it is healed. Also a context manager."""

    def __init__(self, control: Control, rule: str, rules_in_force: dict[str, Hearing]) -> None:
        self._control = control
        self._rule = rule
        self._rules = rules_in_force
        self._who: Hearing = {}
        self._last: int | None = None

    def dropped(self) -> int:
        """Return how many frames the rule has dropped."""
        with self._control.lock:
            return self._read() if self._last is None else self._last

    def heal(self) -> int:
        """Let them hear each other again; returns how many frames the rule dropped. Twice is harmless."""
        with self._control.lock:
            if self._last is None:
                self._who = self._rules.pop(self._rule, self._who)
                self._control.run(rules.suspend(self._control.table, self._rule))
                self._last = self._read()
                self._control.run(rules.remove(self._control.table, self._rule))
                self._control.changed("hear", rule=self._rule)
                self._control.note(notes.hear(self._rule, self._who, self._last))
            return self._last

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.heal()

    def _read(self) -> int:
        return rules.rule_count(self._control.read(f"list counter bridge {self._control.table} {self._rule}"))
