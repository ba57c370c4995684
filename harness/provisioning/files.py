"""What is to be written to a machine, as values, and the one tar stream that carries it there."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeAlias

from harness.errors import HarnessBug

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SECRET = 0o600

TIMESTAMP = 1_704_067_200
"""When everything that the harness writes was last changed: 2024-01-01, before any clock that unpacks it."""


@dataclass(frozen=True)
class File:
    """A regular file, owned by root."""

    content: bytes
    mode: int = 0o644

    def __post_init__(self) -> None:
        _check_mode(self.mode)


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    target: str


@dataclass(frozen=True)
class Folder:
    """A folder whose mode matters. Others need not be named: they come with what lies in them, as 0755."""

    mode: int = 0o755

    def __post_init__(self) -> None:
        _check_mode(self.mode)


Entry: TypeAlias = File | Link | Folder


def tar(entries: Mapping[PurePosixPath, Entry]) -> bytes:
    """Return the entries as a tar archive (POSIX pax, ustar where that is enough), relative to the root folder.

    The same entries give the same bytes: sorted by path, owned by root, with one fixed time. Parents come before their
    children. Raises `HarnessBug` for a path that is not absolute or climbs with ``..``.
    """
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(entries):
            header, content = _member(path, entries[path])
            archive.addfile(header, io.BytesIO(content))
    return stream.getvalue()


def unpack(entries: Mapping[PurePosixPath, Entry], root: Path) -> None:
    """Write the entries below a folder of this host. Raises `OSError`, and `HarnessBug` as `tar` does."""
    with tarfile.open(fileobj=io.BytesIO(tar(entries))) as archive:
        # It is our own. The argument `filter` came with Python 3.11.4, and Debian 12 has 3.11.2.
        archive.extraction_filter = lambda member, _: member
        archive.extractall(root)  # noqa: S202 - as above


def merge(*parts: Mapping[PurePosixPath, Entry]) -> dict[PurePosixPath, Entry]:
    """Return all entries together. Raises `HarnessBug` where two parts write different things to one path."""
    whole: dict[PurePosixPath, Entry] = {}
    for part in parts:
        for path, entry in part.items():
            if whole.setdefault(path, entry) != entry:
                raise HarnessBug(f"two parts of an installation write {path}, each in its own way")
    return whole


def secrets(entries: Mapping[PurePosixPath, Entry]) -> Iterator[tuple[PurePosixPath, File]]:
    """Yield the files that only their owner may read, in the order of their paths."""
    for path in sorted(entries):
        entry = entries[path]
        if isinstance(entry, File) and not entry.mode & 0o077:
            yield path, entry


def _member(path: PurePosixPath, entry: Entry) -> tuple[tarfile.TarInfo, bytes]:
    if not path.is_absolute() or ".." in path.parts or path == PurePosixPath("/"):
        raise HarnessBug(f"{str(path)!r} is no place for a file: the path must be absolute, without `..`")
    header = tarfile.TarInfo(str(path.relative_to("/")))
    header.mtime = TIMESTAMP
    header.uname = header.gname = "root"
    if isinstance(entry, Link):
        header.type, header.linkname, header.mode = tarfile.SYMTYPE, entry.target, 0o777
        return header, b""
    header.mode = entry.mode
    if isinstance(entry, Folder):
        header.type = tarfile.DIRTYPE
        return header, b""
    header.size = len(entry.content)
    return header, entry.content


def _check_mode(mode: int) -> None:
    if not 0 <= mode <= 0o7777:  # noqa: PLR2004 - the twelve permission bits
        raise HarnessBug(f"{mode:#o} is no file mode: 0 … 0o7777")
