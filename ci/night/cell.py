"""A cell of the matrix: one combination of values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Cell:
    """One combination: a value of each axis, by the axis' name, in the order of the axes."""

    values: Mapping[str, str]

    @property
    def name(self) -> str:
        """What it is called: its values, as in ``kvm-switch-uefi-virtual-reference``."""
        return "-".join(self.values.values())

    def matches(self, patterns: Iterable[str]) -> bool:
        """Say whether any of these globs means it."""
        return any(fnmatchcase(self.name, pattern) for pattern in patterns)
