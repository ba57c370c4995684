"""One capture of several: in the order of time, each link an interface of its own, comments and directions kept."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from harness.capture.files.extract import copy
from harness.capture.files.pcapng import Writer
from harness.capture.files.reader import frames, open_reader
from harness.capture.notes import LINK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from harness.capture.frames import Frame

BY_TIME = attrgetter("time")


@dataclass(frozen=True)
class _Source:
    """A file, its links, and whether its frames are in the order of time."""

    path: Path
    links: tuple[str, ...]
    ordered: bool

    @classmethod
    def look(cls, path: Path) -> _Source:
        ordered, before = True, 0
        links: dict[str, None] = {}
        with path.open("rb") as file:
            reader = open_reader(file, str(path))
            for frame in reader:
                ordered = ordered and frame.time >= before
                before = frame.time
                links[frame.link] = None
            return cls(path, tuple(links | dict.fromkeys(reader.links)), ordered)


def merge(sources: Sequence[Path], target: Path) -> None:
    """Write the frames of captures, pcap or pcapng, ours or not, into a new pcapng file, in the order of time.

    Frames of one time stay in the order of the files. A link's name that several files have is told apart by the name
    of the file; the harness's own notes are on one link. A file that is not in order itself is put in order in memory.
    Raises `CaptureError` and `OSError` as the reader and `open` do, and `ValueError` where the target is a source.
    """
    if any(target.exists() and path.samefile(target) for path in sources):
        raise ValueError(f"{target} can't be written while it is read: name another file for the merged capture")
    looks = [_Source.look(path) for path in sources]
    holders = Counter(link for one in looks for link in one.links)
    stems = Counter(path.stem for path in sources)
    names: list[dict[str, str]] = []
    for one in looks:
        label = one.path.stem if stems[one.path.stem] == 1 else str(one.path)
        told = {link: link if holders[link] == 1 or link == LINK else f"{label}: {link}" for link in one.links}
        names.append(told)
    streams = [_frames(one, told) for one, told in zip(looks, names, strict=True)]
    links = dict.fromkeys(name for told in names for name in told.values())
    with Writer.create(target) as writer:
        copy(writer, heapq.merge(*streams, key=BY_TIME), {}, links)


def _frames(source: _Source, names: dict[str, str]) -> Iterator[Frame]:
    every = frames(source.path) if source.ordered else sorted(frames(source.path), key=BY_TIME)
    for frame in every:
        yield frame._replace(link=names[frame.link])
