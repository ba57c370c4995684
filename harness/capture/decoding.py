"""Decode capture files as they are read, in bounded memory, and count what they hold."""

from __future__ import annotations

from collections import Counter
from heapq import merge
from typing import TYPE_CHECKING

from harness.capture.dissector import Dissector
from harness.capture.events import Event, Undecodable
from harness.capture.files.reader import open_reader
from harness.capture.frames import CaptureError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from harness.capture.dissector import Ports
    from harness.capture.files.source import Source

GAP = "-gap"
"""How the kinds of events end that tell what was not captured."""


def protocols() -> list[str]:
    """Return the names of all protocols that events are of."""
    return sorted({kind.protocol for kind in _kinds(Event)} - {""})


def is_gap(event: Event) -> bool:
    """Whether an event says that something was not captured."""
    return event.kind.endswith(GAP)


class Decoding:
    """The events of one capture, in the order of the frames that completed them; iterate over it once.

    Given `protocols`, only events of these come, and what could be of them but was not captured or can't be read;
    given `links`, only what was seen on these. Raises `CaptureError` where the file is no capture at all; one that is
    damaged or cut off further on gives what comes before that, and `notes` that say so.

    `frames` are those that were read so far, wanted or not; `events` counts by protocol, beside `malformed` and `gaps`.
    """

    def __init__(
        self,
        file: Source,
        name: str,
        *,
        ports: Ports | None = None,
        protocols: Collection[str] | None = None,
        links: Collection[str] | None = None,
    ) -> None:
        self.name = name
        self.events: Counter[str] = Counter()
        self.malformed = 0
        self.gaps = 0
        self._chosen = frozenset(protocols) if protocols else None
        self._dissector = Dissector(ports, self._chosen)
        self._reader = open_reader(file, name, links=links or None, wanted=self._dissector.wanted())
        self._damage: CaptureError | None = None

    @property
    def frames(self) -> int:
        """The number of frames that were read so far."""
        return self._reader.count

    @property
    def began(self) -> int | None:
        """The time of the first frame (nanoseconds since 1970), None before it was read."""
        return self._reader.began

    @property
    def links(self) -> Sequence[str]:
        """The names of the links that the file has described so far."""
        return self._reader.links

    @property
    def notes(self) -> Sequence[str]:
        """What is to be known of the file: where it is damaged or ends too early, and what was passed over."""
        damage = [f"{self._damage}; nothing after that was read"] if self._damage else []
        truncated = [self._reader.truncated] if self._reader.truncated and not damage else []
        return [*self._reader.notes, *damage, *truncated]

    def __iter__(self) -> Iterator[Event]:
        try:
            for frame in self._reader:
                yield from self._asked(self._dissector.frame(frame))
        except CaptureError as damage:
            self._damage = damage
        yield from self._asked(self._dissector.finish())

    def _asked(self, events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            if self._chosen is None or self._concerns(event, self._chosen):
                self._count(event)
                yield event

    @staticmethod
    def _concerns(event: Event, chosen: Collection[str]) -> bool:
        """Whether an event is of a chosen protocol, or tells what could have been."""
        if event.protocol in chosen:
            return True
        if isinstance(event, Undecodable):
            return not event.expected or event.expected in chosen
        return is_gap(event) and getattr(event, "carried", None) in {None, *chosen}

    def _count(self, event: Event) -> None:
        if isinstance(event, Undecodable):
            self.malformed += 1
        elif is_gap(event):
            self.gaps += 1
        else:
            self.events[event.protocol] += 1


def merged(captures: Iterable[Decoding]) -> Iterator[tuple[Decoding, Event]]:
    """Yield the events of several captures, each with its own, in the order of time."""
    return merge(*(_with(capture) for capture in captures), key=lambda pair: pair[1].time)


def _with(capture: Decoding) -> Iterator[tuple[Decoding, Event]]:
    return ((capture, event) for event in capture)


def _kinds(kind: type[Event]) -> Iterator[type[Event]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _kinds(below)
