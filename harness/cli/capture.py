"""`harness capture`: frames of a lab that runs, as they come, for other tools."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import click

from harness.capture.files.pcapng import Writer
from harness.capture.files.reader import open_reader
from harness.cli import choosing
from harness.cli.seconds import LONGEST, Seconds
from harness.sandbox.waiting import NotSeen, wait_until
from harness.trace.captures import Running, running
from harness.units import milliseconds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from io import FileIO

    from harness.capture.files.reader import Reader
    from harness.capture.frames import Frame

STDOUT = "-"
LOOKS_EVERY = 50 * milliseconds
OWN_EVENTS = "harness"
"""The link on which the harness says what it did; it is always taken along."""


@click.command
@choosing.options
@click.option("--link", "-l", "links", multiple=True, metavar="NAME", help="Only this link; all by default.")
@click.option("--output", "-o", required=True, metavar="FILE", help='Write pcapng there; "-" is standard output.')
@click.option("--from-start", is_flag=True, help="Begin with what was captured until now.")
@click.option("--for", "span", type=Seconds(), metavar="SECONDS", help="End after so long.")
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="End after so many frames.")
def command(
    lab_dir: Path | None,
    lab: str | None,
    links: tuple[str, ...],
    output: str,
    *,
    from_start: bool,
    span: float | None,
    count: int | None,
) -> None:
    """Capture links of a lab that runs, as pcapng with an interface for each, until interrupted or the lab ends."""
    chosen = _find(lab, lab_dir)
    _check(links, chosen)
    since = 0 if from_start else time.time_ns()
    with ExitStack() as opened, _told(output):
        followed = [_Followed(opened, path, links) for path in chosen.captures]
        copy = _Copy(_create(opened, output, chosen), links or chosen.links, since, count)

        def done() -> bool:
            ended = chosen.ended()  # asked first, so that the last frames are not missed
            try:
                return copy.take(frame for one in followed for frame in one.new()) or ended
            except BrokenPipeError:  # whoever reads has seen enough
                return True

        click.echo(f"capturing {', '.join(links) or 'all links'} of {chosen.lab} into {output}", err=True)
        within = timedelta(seconds=LONGEST if span is None else span)
        with suppress(NotSeen, KeyboardInterrupt):
            wait_until("the end of the capture", done, within=within, interval=LOOKS_EVERY)
        click.echo(f"{copy.frames} frames", err=True)


@contextmanager
def _told(output: str) -> Iterator[None]:
    """Say in a line what keeps the capture from being written, such as a full disk."""
    try:
        yield
    except BrokenPipeError:  # whoever reads has seen enough
        return
    except OSError as error:
        raise click.UsageError(f"{output}: can't be written any more: {error.strerror}") from None


class _Followed:
    """A capture that grows: what is new of some links, or of all."""

    def __init__(self, opened: ExitStack, path: Path, links: Collection[str]) -> None:
        self._path = path
        self._links = {*links, OWN_EVENTS} if links else None
        self._file = opened.enter_context(_open(path))
        self._reader: Reader | None = None

    def new(self) -> Iterator[Frame]:
        """Yield the frames that came since the last call."""
        if self._reader is None and self._path.stat().st_size:
            self._reader = open_reader(self._file, str(self._path), links=self._links)
        yield from self._reader or ()


class _Copy:
    """A capture of frames from some time on, until there are so many."""

    def __init__(self, file: FileIO, links: Sequence[str], since: int, most: int | None) -> None:
        self.frames = 0
        self._writer = Writer(file)
        self._interfaces = {link: self._writer.add_interface(link) for link in links}
        self._writer.flush()
        self._since = since
        self._most = most

    def take(self, frames: Iterator[Frame]) -> bool:
        """Write frames, so that whoever reads along has them at once; says whether there are enough."""
        for frame in frames:
            if frame.time < self._since:
                continue
            if frame.link not in self._interfaces:
                self._interfaces[frame.link] = self._writer.add_interface(frame.link)
            number = self._interfaces[frame.link]
            way = cast("Literal['in', 'out'] | None", frame.direction)
            self._writer.write(
                frame.data, frame.time, number, direction=way, comment=frame.comment, length=frame.length
            )
            self.frames += 1
            if self.frames == self._most:
                break
        self._writer.flush()
        return self.frames == self._most


def _find(name: str | None, lab_dir: Path | None) -> Running:
    """Return the lab that is meant. Raises `UsageError` where there is none, or more than one."""
    everyone = list(running(choosing.places(lab_dir)))
    meant = [one for one in everyone if name in {None, one.lab, str(one.folder), one.folder.name}]
    if len(meant) == 1:
        return meant[0]
    which = "name one by --lab" if meant else f"no lab{f' {name}' if name else ''} runs"
    if not everyone:
        raise click.UsageError(f"{which}; --lab-hold keeps a lab after its scenarios")
    there = ", ".join(f"{one.lab} ({one.folder})" for one in everyone)
    raise click.UsageError(f"{which}; labs that run: {there}")


def _check(links: Sequence[str], lab: Running) -> None:
    missing = [link for link in links if link not in lab.links]
    if missing:
        raise click.UsageError(f"{lab.lab} has no link {', '.join(missing)}; there are: {', '.join(lab.links)}")


def _open(path: Path) -> FileIO:
    try:
        return path.open("rb", buffering=0)
    except OSError as error:
        raise click.UsageError(f"{path}: can't be read: {error.strerror}") from None


def _create(opened: ExitStack, output: str, lab: Running) -> FileIO:
    """Open what is written to; never what a lab writes itself."""
    if output == STDOUT:
        return open(sys.stdout.fileno(), "wb", buffering=0, closefd=False)
    path = Path(output)
    try:
        if path.exists() and any(path.samefile(capture) for capture in lab.captures):
            raise click.UsageError(f"{output} is what the lab itself writes")
        return opened.enter_context(path.open("wb", buffering=0))
    except OSError as error:
        raise click.UsageError(f"{output}: can't be written: {error.strerror}") from None
