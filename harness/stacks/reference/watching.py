"""A watch on one etcd member, followed in the background."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Self

from harness.stacks.powers import Changed
from harness.stacks.reference.node.etcd import RefusedError, events
from harness.stacks.reference.node.https import NoAnswerError

if TYPE_CHECKING:
    from harness.stacks.reference.node.https import Stream

ENDS_WITHIN = 5.0
"""Seconds: whoever reads a connection that was shut down is woken at once."""


class EtcdWatch:
    """What a member has told of until now; see `harness.stacks.powers.Watch`."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._changes: list[Changed] = []
        self._ended: str | None = None
        self._thread = Thread(target=self._follow, name="harness-watch", daemon=True)
        self._thread.start()

    @property
    def changes(self) -> tuple[Changed, ...]:
        """What it was told of until now, in the order of its telling."""
        return tuple(self._changes)

    @property
    def ended(self) -> str | None:
        """Why it ended by itself, None while it goes on."""
        return self._ended

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._stream.end()
        self._thread.join(ENDS_WITHIN)

    def _follow(self) -> None:
        try:
            for message in self._stream:
                self._changes += [Changed(one.key, one.value, one.revision, one.version) for one in events(message)]
            self._ended = "the member ended it"
        except (NoAnswerError, RefusedError) as error:
            self._ended = str(error)
