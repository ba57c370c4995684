"""The checkpoints that later labs start from: a folder for each, that is whole whenever it is there.

A checkpoint lies in `checkpoints/KEY/` of the harness's folder in the user's cache. It grows in a folder beside it and
is renamed when all of it is on the disk; who looks sees all of it or nothing. What is noted of its files tells when one
was cut short or changed since: their sizes and times, and digests of samples (a memory file is not read whole).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from harness.errors import LabError
from harness.sandbox import workplaces
from harness.sandbox.exclusion import alone
from harness.sandbox.workplaces import UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

FOLDER = "checkpoints"
"""Where they are in the harness's folder in the user's cache."""
FORMAT = 1
FACTS = "checkpoint.json"

KEPT = 12
"""Checkpoints that are kept, those used last; the three of a cluster of three take about two gigabytes."""
KEPT_FOR = 14 * 24 * 3600
"""Seconds after its last use for which a checkpoint is kept."""

BLOCK = 4096
SAMPLES = 64
WRITERS = 4


class Spoiled(LabError):  # noqa: N818 - what became of it
    """A checkpoint is not what was saved."""


@dataclass(frozen=True)
class Print:
    """What is noted of a file: its size, when it was changed last, and a digest of samples of its content."""

    size: int
    mtime_ns: int
    digest: str

    @classmethod
    def of(cls, path: Path) -> Print:
        """Take it from a file. Raises `OSError`."""
        with path.open("rb", buffering=0) as file:
            about = os.fstat(file.fileno())
            digest = hashlib.sha256()
            for offset in _samples(about.st_size):
                digest.update(os.pread(file.fileno(), BLOCK, offset))
        return cls(about.st_size, about.st_mtime_ns, digest.hexdigest())


class CheckpointStore:
    """The checkpoints under one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, key: str) -> Path | None:
        """Return the folder of a whole checkpoint, or None where there is none.

        Raises `Spoiled` where it has changed since it was published.
        """
        folder = self.root / key
        if not folder.is_dir():
            return None
        prints = _noted(folder)
        for name, noted in prints.items():
            _compare(folder / name, noted)
        os.utime(folder / FACTS)
        return folder

    @contextlib.contextmanager
    def making(self, key: str, on_wait: Callable[[], None]) -> Iterator[None]:
        """Be the only one who makes a checkpoint of this key. While another does, wait, once `on_wait` was called."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with alone(self.root / f"{key}.lock", on_wait):
            yield

    @contextlib.contextmanager
    def workplace(self) -> Iterator[Path]:
        """Make a folder in which a checkpoint can grow; what was not published is removed at the end.

        What the dead have left is removed now.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.sweep()
        with workplaces.workplace(self.root) as folder:
            yield folder

    def sweep(self) -> list[Path]:
        """Remove what those have left who were killed while they made a checkpoint, and return it."""
        return workplaces.sweep(self.root)

    def publish(self, grown: Path, key: str, shape: Mapping[str, object]) -> Path:
        """Turn a folder into the checkpoint of a key, and return where it is then. `shape` is what the key stands for.

        Raises `OSError`.
        """
        files = sorted(path for path in grown.rglob("*") if path.is_file())
        with ThreadPoolExecutor(WRITERS, thread_name_prefix="harness-sync") as pool:
            list(pool.map(_sync, files))
        prints = {str(path.relative_to(grown)): asdict(Print.of(path)) for path in files}
        facts = {"format": FORMAT, "created": time.time(), "shape": shape, "files": prints}
        (grown / FACTS).write_text(json.dumps(facts, indent=2, default=str))
        _sync(grown / FACTS)
        _sync(grown)
        self.discard(key)
        grown.rename(self.root / key)
        _sync(self.root)
        self.prune()
        return self.root / key

    def discard(self, key: str) -> None:
        """Remove a checkpoint, where it is there. A lab that was restored from it goes on."""
        folder = self.root / key
        (folder / FACTS).unlink(missing_ok=True)  # without it, it is none
        shutil.rmtree(folder, ignore_errors=True)

    def prune(self) -> list[str]:
        """Remove what nobody used for long, and what is too many; return the keys."""
        now = time.time()
        found = [path for path in self.root.iterdir() if path.is_dir() and not path.name.startswith(UNFINISHED)]
        used = sorted(((_used(path), path.name) for path in found), reverse=True)
        doomed = [name for number, (when, name) in enumerate(used) if number >= KEPT or now - when > KEPT_FOR]
        for name in doomed:
            self.discard(name)
        return doomed


def size_on_disk(folder: Path) -> int:
    """Return the bytes that the files of a folder take, holes not counted."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def _noted(folder: Path) -> dict[str, Print]:
    try:
        facts = json.loads((folder / FACTS).read_text())
        if facts["format"] != FORMAT:
            raise Spoiled(f"the checkpoint {folder} has format {facts['format']}, expected {FORMAT}")
        return {name: Print(**noted) for name, noted in facts["files"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Spoiled(f"the checkpoint {folder} is not whole: {FACTS} can't be read ({error})") from error


def _compare(path: Path, noted: Print) -> None:
    try:
        found = Print.of(path)
    except OSError as error:
        raise Spoiled(f"the checkpoint's file {path} can't be read: {error.strerror}") from error
    if found.size != noted.size:
        raise Spoiled(f"the checkpoint's file {path} has {found.size} bytes, expected {noted.size}")
    if found != noted:
        raise Spoiled(f"the checkpoint's file {path} was changed since it was saved")


def _samples(size: int) -> Iterator[int]:
    """Yield where to read: everywhere in a small file, in a large one its ends and places at equal distances."""
    if size <= SAMPLES * BLOCK:
        yield from range(0, size, BLOCK)
        return
    yield from ((size - BLOCK) * number // (SAMPLES - 1) for number in range(SAMPLES))


def _used(folder: Path) -> float:
    facts = folder / FACTS
    return (facts if facts.exists() else folder).stat().st_mtime


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
