"""What a reader passes over in a file that is otherwise sound, counted and told in words."""

from __future__ import annotations

from collections import Counter


class PassedOver:
    """What was passed over in the file called `name`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._frames: Counter[int] = Counter()
        self._blocks: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def frame(self, link_type: int) -> None:
        """Count a frame of a link type that can't be read."""
        self._frames[link_type] += 1

    def block(self, kind: str, what: str) -> None:
        """Count a block that says what can't be; of those of one kind, only what the first says is told."""
        self._blocks[kind] += 1
        self._first.setdefault(kind, what)

    def notes(self) -> tuple[str, ...]:
        """Return what was passed over, in words."""
        frames = [
            f"{self._name}: {count} frames of link type {link_type}, which can't be read, are passed over"
            for link_type, count in sorted(self._frames.items())
        ]
        blocks = [
            f"{self._first[kind]}; it is passed over" + (f", and {count - 1} like it" if count > 1 else "")
            for kind, count in self._blocks.items()
        ]
        return (*frames, *blocks)
