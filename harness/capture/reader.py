"""Open a capture file of either format, told apart by its first bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Protocol

from harness.capture.frames import CaptureError, Frame
from harness.capture.pcap import FORMATS, PcapReader
from harness.capture.pcapng_reader import MAGIC, PcapngReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


class Reader(Protocol):
    """What both readers are: frames in the file's order, and what is to be said of the file."""

    notes: list[str]

    @property
    def links(self) -> Sequence[str]:
        """The names of the links that were described by now, in the order of their description."""
        ...

    @property
    def truncated(self) -> str | None:
        """Say where the file ends within a block, or None."""
        ...

    def __iter__(self) -> Iterator[Frame]: ...


def open_reader(file: BinaryIO, name: str) -> Reader:
    """Return a reader of the file, which stands at its start. Raises `CaptureError` where it is no capture."""
    magic = file.read(4)
    file.seek(0)
    if magic == MAGIC:
        return PcapngReader(file, name)
    if magic in FORMATS:
        return PcapReader(file, name)
    what = f"a file that starts with {magic.hex(' ')}" if magic else "an empty file"
    raise CaptureError(name, 0, what, "a pcapng or pcap file (unpack it first if it is compressed)")


def frames(path: Path) -> Iterator[Frame]:
    """Yield the frames of a capture file. Raises `CaptureError` where it is none, `OSError` as `open` does."""
    with path.open("rb") as file:
        yield from open_reader(file, str(path))
