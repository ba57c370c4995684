"""Workplaces: folders in which something grows until it is whole, each locked by its maker.

The kernel lets go of a lock when its holder dies, however it dies. So what a maker that was killed has left can be told
from what still grows, and goes at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from harness.sandbox.removal import remove_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

UNFINISHED = ".unfinished-"


@contextlib.contextmanager
def workplace(root: Path) -> Iterator[Path]:
    """Make a folder below one that is there, and hold it; what is in it at the end is removed. Raises `OSError`."""
    folder, held = _make(root)
    try:
        yield folder
    finally:
        remove_tree(folder)
        os.close(held)


def sweep(root: Path) -> list[Path]:
    """Remove the workplaces of the dead below a folder, and return them. Raises `OSError` where it is not ours."""
    return [folder for folder in sorted(root.glob(f"{UNFINISHED}*")) if folder.is_dir() and _end(folder)]


def _make(root: Path) -> tuple[Path, int]:
    """Return a new workplace, and the descriptor that holds it."""
    while True:  # as long as others, who may take it for abandoned before it is held, are faster
        folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=root))
        with contextlib.suppress(FileNotFoundError):
            held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            fcntl.flock(held, fcntl.LOCK_EX)
            if os.path.lexists(folder):
                return folder, held
            os.close(held)


def _end(folder: Path) -> bool:
    """Remove a workplace that nobody holds, and say whether that was so."""
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:  # its maker is just done
        return False
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        remove_tree(folder)
    except BlockingIOError:
        return False
    finally:
        os.close(held)
    return True
