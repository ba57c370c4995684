"""What a command has left that was run on a machine of any kind, and how commands are shown."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

TAIL_LINES = 15
TAIL_BYTES = 1 << 16
WORD_SHOWN = 80


@dataclass(frozen=True)
class Completed:
    """A command that has ended: its exit status (0 … 255), what it wrote, and how long it took."""

    command: tuple[str, ...]
    status: int
    stdout: bytes
    stderr: bytes
    duration: timedelta

    @property
    def text(self) -> str:
        """Standard output as text; bytes that are no UTF-8 are shown as replacement characters."""
        return self.stdout.decode(errors="replace")


def shown(words: Sequence[str]) -> str:
    """Return a command as a person would type it; of a long word, such as a script, only the beginning."""
    return shlex.join([word if len(word) <= WORD_SHOWN else f"{word[:WORD_SHOWN].splitlines()[0]}…" for word in words])


def tail(*outputs: bytes | bytearray, lines: int = TAIL_LINES) -> list[str]:
    """Return the last lines of each output, as text."""
    kept: list[str] = []
    for output in outputs:
        kept += output[-TAIL_BYTES:].decode(errors="replace").splitlines()[-lines:]
    return kept
