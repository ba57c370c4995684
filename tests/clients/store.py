"""A cluster in memory: one store behind members, some of which are away, or keep their answers to themselves."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from harness.stacks.protocol import MaybeHappened, Revision, Unavailable
from harness.units import seconds

if TYPE_CHECKING:
    from datetime import timedelta

    from harness.stacks.protocol import Which

WITHIN = 1 * seconds


class Store:
    """Keeps every key's value. `away` members do nothing; `silent` ones do what they are asked, and say nothing."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.away: set[str] = set()
        self.silent: set[str] = set()
        self._lock = threading.Lock()
        self._revision = 0

    def put(self, key: str, value: str, *, via: Which | None = None, within: timedelta = WITHIN) -> Revision:
        revision = self.compare_and_swap(key, self._present(via, within).get(key), value, via=via)
        return revision or self.put(key, value, via=via)

    def get(self, key: str, *, via: Which | None = None, within: timedelta = WITHIN) -> str | None:
        return self._present(via, within).get(key)

    def compare_and_swap(
        self, key: str, expected: str | None, value: str, *, via: Which | None = None, within: timedelta = WITHIN
    ) -> Revision | None:
        values = self._present(via, within)
        with self._lock:
            if values.get(key) != expected:
                return None
            values[key] = value
            self._revision += 1
        if via in self.silent:
            raise MaybeHappened("no answer")
        return Revision(self._revision, 1)

    def _present(self, via: Which | None, within: timedelta) -> dict[str, str]:
        del within
        if via in self.away:
            raise Unavailable(f"{via} is away")
        return self.values


class Forgetful(Store):
    """Forgets each value that one member writes, and acknowledges it; but for some keys, by their beginning."""

    def __init__(self, *, but: str = "nothing") -> None:
        super().__init__()
        self._but = but

    def put(self, key: str, value: str, *, via: Which | None = None, within: timedelta = WITHIN) -> Revision:
        if via == "node03" and not key.startswith(self._but):
            return Revision(0, 1)
        return super().put(key, value, via=via, within=within)
