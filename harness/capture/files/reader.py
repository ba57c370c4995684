"""Open a capture file of either format, told apart by its first bytes, compressed by gzip or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from harness.capture.files.pcap import FORMATS, PcapReader
from harness.capture.files.pcapng_format import MAGIC
from harness.capture.files.pcapng_reader import PcapngReader
from harness.capture.files.source import GZIP, Rewound, Unzipped, first_bytes
from harness.capture.frames import CaptureError, Frame

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence
    from pathlib import Path

    from harness.capture.files.source import Source
    from harness.capture.frames import Wanted


class Reader(Protocol):
    """What both readers are: frames in the file's order, and what is to be said of the file.

    `count` is the number of frames that were read so far, wanted or not, and `began` the time of the first of them
    (nanoseconds since 1970), None before that.
    """

    count: int
    began: int | None

    @property
    def links(self) -> Sequence[str]:
        """The names of the links that were described so far."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What was passed over, in words."""
        ...

    @property
    def truncated(self) -> str | None:
        """Say where the file ends within a block, or None."""
        ...

    def __iter__(self) -> Iterator[Frame]: ...


def open_reader(
    file: Source, name: str, *, links: Container[str] | None = None, wanted: Wanted | None = None
) -> Reader:
    """Return a reader of the file, which stands at its start. Raises `CaptureError` where it is no capture.

    `links` and `wanted` say which frames are of interest, all by default; the others are counted and cost little.
    """
    magic = first_bytes(file, 4)
    if magic.startswith(GZIP):
        file = Unzipped(Rewound(magic, file), name)
        magic = first_bytes(file, 4)
    whole = Rewound(magic, file)
    if magic == MAGIC:
        return PcapngReader(whole, name, links=links, wanted=wanted)
    if magic in FORMATS:
        return PcapReader(whole, name, links=links, wanted=wanted)
    what = f"a file that starts with {magic.hex(' ')}" if magic else "an empty file"
    raise CaptureError(name, 0, what, "a pcapng or pcap file, compressed by gzip or not")


def frames(path: Path) -> Iterator[Frame]:
    """Yield the frames of a capture file. Raises `CaptureError` where it is none, `OSError` as `open` does."""
    with path.open("rb", buffering=0) as file:
        yield from open_reader(file, str(path))
