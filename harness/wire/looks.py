"""How an expectation looks at events as they come: each once, in the order in which they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.patterns import Like, Pattern, matches
from harness.errors import LabError
from harness.topology.wording import suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from harness.capture.events import Event


class News:
    """What came since the last look, is kept, and is not older than `begun`. `read` gives a list that only grows."""

    def __init__(self, read: Callable[[], Sequence[Event]], keep: Callable[[Event], bool], begun: int) -> None:
        self._read = read
        self._keep = keep
        self._begun = begun
        self._seen = 0

    def __call__(self) -> list[Event]:
        """Return the events that are new."""
        every = self._read()
        first, self._seen = self._seen, len(every)
        return [event for event in every[first : self._seen] if event.time >= self._begun and self._keep(event)]


class Steps:
    """Something that has to come in an order, anything between."""

    def __init__(self, news: News, patterns: Sequence[Pattern]) -> None:
        self._news = news
        self._left = list(patterns)

    def done(self) -> bool:
        """Take in what is new, and say whether all of it has come."""
        for event in self._news():
            if self._left and matches(self._left[0], event):
                self._left.pop(0)
        return not self._left


class Last:
    """The last event that fits a pattern, so far."""

    def __init__(self, news: News, pattern: Pattern) -> None:
        self._news = news
        self._pattern = pattern
        self._latest: Event | None = None

    def look(self) -> Event | None:
        """Take in what is new, and return the last."""
        for event in self._news():
            if matches(self._pattern, event) and (self._latest is None or event.time >= self._latest.time):
                self._latest = event
        return self._latest


def require(names: Iterable[str], what: str, known: Collection[str]) -> None:
    """Raise `LabError` for a name that is not known: what is said of nobody would always hold."""
    for name in names:
        if name not in known:
            raise LabError(f"{name!r} is no {what}{suggestion(name, sorted(set(known)))}")


def pattern_of(pattern: Pattern, conditions: dict[str, object]) -> Pattern:
    """Return a pattern with conditions on the fields of its kind. Raises `TypeError` where it is no kind of event."""
    if not conditions:
        return pattern
    if not isinstance(pattern, type):
        raise TypeError(f"conditions on fields ({', '.join(conditions)}) need a kind of event before them")
    return Like(pattern, **conditions)
