"""Evidence: a folder for each run, in it a folder for each lab, kept whatever the outcome. Old runs make room.

A run's folder carries a mark; a folder without it is not the harness's and is never removed. Whoever writes into a
run's folder holds its mark, because runs that are shorter may come and go meanwhile.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MARK = ".harness-run"
LATEST = "latest"


def new_run(root: Path, *, keep: int) -> Path:
    """Make the folder of a new run under `root`, and point ``latest`` to it.

    Of the others the newest are kept, so that there are `keep` in all, and those that are held.
    """
    folder = _make(root / datetime.now().astimezone().strftime("%Y-%m-%dT%H-%M-%S.%f"))
    (folder / MARK).touch()
    _point(root / LATEST, folder)
    runs = sorted(path.parent for path in root.glob(f"*/{MARK}") if not path.parent.is_symlink())
    for old in runs[:-keep]:
        if not _is_held(old):
            shutil.rmtree(old, ignore_errors=True)
    return folder


def hold(run: Path) -> int:
    """Keep a run's folder until this process and those that it forks have ended, however many runs come meanwhile.

    Returns the descriptor that holds it. Raises `OSError`.
    """
    descriptor = os.open(run / MARK, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def folder_for(run: Path, name: str) -> Path:
    """Make and return a folder for one lab of a run, named after what asked for it."""
    return _make(run / (re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "lab"))


def _make(wanted: Path) -> Path:
    """Make a folder of that name, or with a number behind it where there is one already."""
    candidate, number = wanted, 1
    while True:
        try:
            candidate.mkdir(parents=True)
        except FileExistsError:
            number += 1
            candidate = wanted.with_name(f"{wanted.name}-{number}")
        else:
            return candidate


def _is_held(run: Path) -> bool:
    try:
        with (run / MARK).open() as mark:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:  # another run has just removed it
        return False
    except OSError:
        return True
    return False


def _point(link: Path, target: Path) -> None:
    """Point to a run's folder, also where another run does so at this moment; a user's own file is left alone."""
    if link.exists() and not link.is_symlink():
        return
    new = link.with_name(f".{LATEST}-{target.name}")
    new.symlink_to(target.name)
    new.replace(link)
