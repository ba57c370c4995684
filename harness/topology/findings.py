"""What a check of a topology finds, by location, and the one kind of finding that every part has: a repetition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from harness.topology.location import Location


@dataclass(frozen=True)
class Finding:
    """One thing wrong with a topology.

    `see` is the other place that it is about, where there is one. `rests_on` are further places whose values led to it:
    a finding means nothing where one of them could not be read.
    """

    location: Location
    message: str
    expected: str
    see: Location | None = None
    rests_on: tuple[Location, ...] = ()

    @property
    def grounds(self) -> tuple[Location, ...]:
        """Return every place whose value led to the finding."""
        return (self.location, *((self.see,) if self.see else ()), *self.rests_on)


def repeated(placed: Iterable[tuple[Location, Hashable]], what: str) -> Iterator[Finding]:
    """Find what stands in more than one place; `what` is its noun. The first place is right, the later ones are not."""
    first: dict[Hashable, Location] = {}
    for location, value in placed:
        if value in first:
            yield Finding(location, f"duplicate {what} {value}", f"each {what} once", see=first[value])
        else:
            first[value] = location
