"""The process that captures a bridge's links: ``python -m harness.network.bridge.recorder DESCRIPTOR``.

The descriptor is a Unix stream socket, whose first message says where the capture goes. Commands come and are answered
until ``stop``, or until the other end is gone.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys
import time
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from harness.capture import notes
from harness.capture.files.pcapng import Writer
from harness.capture.files.snap import Oversize
from harness.capture.notes import Note
from harness.network import channel
from harness.network.bridge.tap_socket import Passing, TapSocket
from harness.network.notes import lost
from harness.network.tags import MAX_FRAME
from harness.sandbox import open_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

IDLE = 0.2
"""Seconds of silence after which the file is brought up to date."""

LIVE = 0.1
"""The same where somebody reads along."""

LATE = 100_000_000
"""Nanoseconds by which a frame may come to its socket after the kernel took its time: where the processor is busy with
other things, it waits in between. Only what a `flush` has written before can stand before a frame that is older."""


class Source(NamedTuple):
    """A device of a link, and what passing it means: a direction for what comes in by it, and for what it sends."""

    link: int
    arriving: Literal["in", "out"] | None
    leaving: Literal["in", "out"] | None
    comment: str | None = None


class Recorder:
    """Takes frames from sockets, puts them in order of time, and writes them down."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._poll = select.epoll()
        self._links: dict[str, int] = {}
        self._sockets: dict[str, TapSocket] = {}
        self._by_descriptor: dict[int, str] = {}
        self._sources: dict[str, Source] = {}
        self._waiting: list[tuple[int, Source, Passing]] = []
        self._lost = 0
        self._told = 0
        self._looked = time.time_ns()
        self._reader: int | None = None

    def watch(self, link: str, device: str, *, arriving: Any, leaving: Any) -> None:  # noqa: ANN401 - from JSON
        """Record what passes a device as a link's, by direction; None for what is not recorded."""
        if link not in self._links:
            self._links[link] = self._writer.add_interface(link)
        source = Source(self._links[link], arriving, leaving)
        if device in self._sockets:
            self.drain()
        else:
            made = self._sockets[device] = TapSocket(device)
            self._by_descriptor[made.fileno()] = device
            self._poll.register(made.fileno(), select.EPOLLIN)
        self._sources[device] = source

    def forget(self, device: str) -> None:
        """Record a device no more, after what has passed it."""
        self.drain()
        gone = self._sockets.pop(device)
        self._lost += gone.lost()
        self._poll.unregister(gone.fileno())
        del self._by_descriptor[gone.fileno()], self._sources[device]
        gone.close()

    def wait(self, also: int) -> bool:
        """Wait for frames, or for something on another descriptor, and record them; says whether that is ready.

        After the wait it is asked again who is ready: so what passed before that moment is read before any of it is
        written, from whichever socket.
        """
        idle = LIVE if self._reader is not None else IDLE
        if not self._poll.poll(idle if self._waiting else None):
            self.flush()
            return False
        began = time.time_ns()
        ready = [descriptor for descriptor, _ in self._poll.poll(0)]
        for descriptor in ready:
            if descriptor in self._by_descriptor:
                self._read(self._by_descriptor[descriptor], began)
        if self._write(began - LATE) and self._reader is not None:
            self._bring_up()
        return also in ready

    def wake(self, descriptor: int) -> None:
        """Have somebody read along: an event counter (eventfd(2)) that is told of each addition to the file."""
        self._reader = descriptor

    def note(self, note: Note, at: int | None = None) -> None:
        """Record something that the harness did just now, or at some time, on a link of its own."""
        if notes.LINK not in self._links:
            self._links[notes.LINK] = self._writer.add_interface(notes.LINK)
        frame, when = notes.frame_of(note), at or time.time_ns()
        source = Source(self._links[notes.LINK], None, None, notes.comment_of(note))
        self._waiting.append((when, source, Passing(when, outgoing=False, length=len(frame), frame=frame)))

    def register(self, descriptor: int) -> None:
        """Wait for another descriptor, too."""
        self._poll.register(descriptor, select.EPOLLIN)

    def drain(self) -> int:
        """Take in all that has passed by now, and return when that is."""
        now = time.time_ns()
        for device in self._sockets:
            self._read(device, now)
        return now

    def flush(self) -> None:
        """Bring the file up to date with all that has passed by now."""
        until = self.drain()
        self._note_lost(until)
        self._write(until)
        self._bring_up()

    def lost(self) -> int:
        """Return how many frames found no room while they waited to be recorded."""
        return self._lost + sum(one.lost() for one in self._sockets.values())

    def close(self) -> None:
        """Close all sockets."""
        for one in self._sockets.values():
            one.close()
        self._poll.close()

    def _read(self, device: str, until: int) -> None:
        """Read frames that passed until some time, and the first one behind that."""
        hear, source = self._sockets[device].hear, self._sources[device]
        while (passing := hear()) is not None:
            when = passing.time_ns or until
            if source.leaving if passing.outgoing else source.arriving:
                self._waiting.append((when, source, passing))
            if when > until:
                break

    def _note_lost(self, now: int) -> None:
        """Say in the capture how many frames it does not have, which passed since this was last asked."""
        if (missing := self.lost()) > self._told:
            self.note(lost(missing - self._told, self._looked), now)
        self._told, self._looked = missing, now

    def _bring_up(self) -> None:
        self._writer.flush()
        if self._reader is not None:
            channel.raise_counter(self._reader)

    def _write(self, until: int) -> int:
        """Write down what passed until some time, in order; returns how many frames that were."""
        self._waiting.sort(key=itemgetter(0))
        count = 0
        for time_ns, source, passing in self._waiting:
            if time_ns > until:
                break
            direction = source.leaving if passing.outgoing else source.arriving
            self._writer.write(
                passing.frame,
                time_ns,
                source.link,
                direction=direction,
                length=passing.length,
                comment=source.comment,
            )
            count += 1
        del self._waiting[:count]
        return count


def carry_out(recorder: Recorder, message: Mapping[str, Any], descriptors: Sequence[int] = ()) -> dict[str, object]:
    """Carry out a command and return the answer."""
    try:
        match message["do"]:
            case "watch":
                for source in message["sources"]:
                    recorder.watch(**source)
            case "forget":
                for device in message["devices"]:
                    recorder.forget(device)
            case "note":
                recorder.note(Note(**{**message["note"], "who": tuple(message["note"]["who"])}))
            case "wake":
                recorder.wake(*descriptors)
        if message["do"] in ("flush", "stop"):
            recorder.flush()
        return {"answer": recorder.lost()}
    except (KeyError, TypeError, OSError) as error:
        return {"error": f"{type(error).__name__}: {error}"}


def main(arguments: Sequence[str]) -> int:
    """Record until told to stop, or until whoever started this process is gone.

    Where that is allowed it runs before all ordinary processes, whose frames it has to keep up with; the kernel leaves
    them a share in any case (sched(7)).
    """
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    open_files.allow_most()
    control = socket.socket(fileno=int(arguments[0]))
    settings, _ = channel.receive(control)
    with Writer.create(Path(settings["capture"]), snap=Oversize(MAX_FRAME)) as writer:
        recorder = Recorder(writer)
        recorder.register(control.fileno())
        channel.send(control, {"answer": "ready", "question": settings["question"]})
        message: Mapping[str, Any] = {"do": ""}
        while message["do"] != "stop":
            if not recorder.wait(control.fileno()):
                continue
            try:
                message, descriptors = channel.receive(control)
            except (EOFError, ConnectionError):
                break
            channel.send(control, {**carry_out(recorder, message, descriptors), "question": message["question"]})
        recorder.flush()
        recorder.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
