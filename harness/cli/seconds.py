"""How long a command may take, as an option that is a number of seconds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from typing import Any

LONGEST = 10 * 365 * 24 * 60 * 60.0
"""Ten years; more is a slip, and much more is no duration any more."""


class Seconds(click.FloatRange):
    """A number of seconds: above 0, or from 0 on where `or_none` says so, and at most `most`."""

    name = "number of seconds"

    def __init__(self, *, most: float = LONGEST, or_none: bool = False) -> None:
        super().__init__(min=0, max=most, min_open=not or_none)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401 - click's interface
        """Return the number. "nan" is one for Python, and passes every bound."""
        seconds: float = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value!r} is no number of seconds.", param, ctx)
        return seconds
