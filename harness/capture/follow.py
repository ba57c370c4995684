"""Follow a capture while it is written: what is new since the last look, for progress lines and live expectations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from harness.capture.dissector import Dissector, Ports
from harness.capture.files.reader import open_reader

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from harness.capture.events import Event
    from harness.capture.frames import Frame


class Follower:
    """Reads a capture that another process writes, as far as it has been flushed.

    `view` makes of each frame what is to be decoded, or None for what is not; every frame as it is by default. Given
    `protocols`, events of others may be missing, and frames that can't matter to these cost little.

    Events come in the order of the frames that completed them. Those behind a segment that was not captured come late,
    when it is certain that it was not; a `harness.capture.timeline.Timeline` of the finished file has them all in
    place. Raises `CaptureError` where the file is no capture, `OSError` as `open` does.
    """

    def __init__(
        self,
        path: Path,
        ports: Ports | None = None,
        view: Callable[[Frame], Frame | None] | None = None,
        protocols: Collection[str] | None = None,
    ) -> None:
        self._dissector = Dissector(ports, protocols)
        self._file = path.open("rb")
        try:
            self._reader = open_reader(self._file, str(path), wanted=self._dissector.wanted() if protocols else None)
        except BaseException:
            self._file.close()
            raise
        self._view = view or (lambda frame: frame)

    @property
    def waiting(self) -> AbstractSet[str]:
        """The protocols of which something can't be told yet, since a segment before it was not captured."""
        return self._dissector.waiting

    def new_events(self) -> list[Event]:
        """Return the events of the frames that were written since the last call. Raises `CaptureError` as above."""
        view, decode = self._view, self._dissector.frame
        return [event for frame in self._reader if (seen := view(frame)) is not None for event in decode(seen)]

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
