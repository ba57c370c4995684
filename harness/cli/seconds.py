"""How long a command may take, as an option that is a number of seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from typing import Any

LONGEST = 10 * 365 * 24 * 60 * 60
"""Ten years; more is a slip, and much more is no duration any more."""


class Seconds(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on only
    """A number of seconds: above 0, or from 0 on where `or_none` says so, and at most `most`."""

    name = "seconds"

    def __init__(self, *, most: int = LONGEST, or_none: bool = False) -> None:
        self._most = most
        self._or_none = or_none

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401 - click's interface
        """Return the number. What Python takes for one and is none, "nan", is within no bounds."""
        try:
            seconds = float(value)
        except ValueError:
            seconds = -1.0
        if not (0 < seconds <= self._most or (self._or_none and seconds == 0)):
            least = "0" if self._or_none else "more than 0"
            self.fail(f"{str(value)!r}, expected {least} to {self._most} seconds.", param, ctx)
        return seconds
