"""Evidence: a folder for each run, in it a folder for each lab, kept whatever the outcome. Old runs make room.

A run's folder carries a mark; a folder without it is not the harness's and is never removed.
"""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MARK = ".harness-run"
LATEST = "latest"


def new_run(root: Path, *, keep: int) -> Path:
    """Make the folder of a new run under `root`, point ``latest`` to it, and keep only the `keep` newest runs."""
    root.mkdir(parents=True, exist_ok=True)
    folder = _unused(root / datetime.now().astimezone().strftime("%Y-%m-%dT%H-%M-%S.%f"))
    folder.mkdir()
    (folder / MARK).touch()
    _point(root / LATEST, folder)
    runs = sorted(path.parent for path in root.glob(f"*/{MARK}") if not path.parent.is_symlink())
    for old in runs[:-keep]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def folder_for(run: Path, name: str) -> Path:
    """Make and return a folder for one lab of a run, named after what asked for it."""
    wanted = run / (re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "lab")
    while True:
        folder = _unused(wanted)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:  # another worker was faster
            continue
        return folder


def _unused(wanted: Path) -> Path:
    candidate, number = wanted, 1
    while candidate.exists():
        number += 1
        candidate = wanted.with_name(f"{wanted.name}-{number}")
    return candidate


def _point(link: Path, target: Path) -> None:
    if link.is_symlink():
        link.unlink()
    if not link.exists():
        link.symlink_to(target.name)
