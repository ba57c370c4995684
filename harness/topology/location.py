"""Where a value stands in a topology, whether in the file's raw values or in the model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Location: TypeAlias = tuple[int | str, ...]
"""Keys, and positions in lists from 0, from the top down."""

LABEL = re.compile(r"[A-Za-z0-9_.-]{1,63}")
"""A name that reads well in the path of what it names; anything else is shown by its position."""


def render(root: object, location: Location) -> str:
    """Return a location as a person reads it: ``machines[node01].nics[eth0].mac``."""
    text = ""
    value = root
    for step in location:
        value = _child(value, step)
        text += f"[{_label(value, step)}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def outwards(location: Location) -> Iterator[Location]:
    """Yield a location, then everything around it, up to the whole."""
    for depth in range(len(location), -1, -1):
        yield location[:depth]


def _child(value: object, step: int | str) -> object:
    if isinstance(step, str):
        return value.get(step) if isinstance(value, dict) else getattr(value, step, None)
    return value[step] if isinstance(value, tuple) and step < len(value) else None


def _label(item: object, step: int) -> str:
    name = _child(item, "name")
    return name if isinstance(name, str) and LABEL.fullmatch(name) else str(step)
