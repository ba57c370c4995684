"""A mapping that remembers what it was told last: the memory of what looks at a cluster for hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

K = TypeVar("K")
V = TypeVar("V")
LIMIT = 1 << 16


class Recent(Generic[K, V]):
    """At most `limit` values by their keys: those that were set first are forgotten first."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._values: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """Return the value of a key, None where it was forgotten or never set."""
        return self._values.get(key)

    def set(self, key: K, value: V) -> None:
        """Remember a value."""
        self._values[key] = value
        if len(self._values) > self._limit:
            del self._values[next(iter(self._values))]

    def setdefault(self, key: K, value: V) -> V:
        """Return the value of a key, which is the given one where there was none."""
        known = self._values.get(key)
        if known is None:
            self.set(key, value)
            return value
        return known

    def pop(self, key: K) -> V | None:
        """Forget a key, and return its value."""
        return self._values.pop(key, None)

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[K]:
        return iter(self._values)
