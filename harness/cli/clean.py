"""`harness clean`: remove what the dead have left; the living, and what is another user's, stay as they are."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from harness.cli.ps import DEAD, LAB_DIR, roots, rows
from harness.images.cache import Cache
from harness.machines.checkpoint_store import FOLDER, CheckpointStore
from harness.sandbox import lease, ledger

if TYPE_CHECKING:
    from pathlib import Path


@click.command
@click.option("--lab-dir", type=LAB_DIR, metavar="DIR", help="Clean there, too.")
def command(lab_dir: Path | None) -> int:
    """Remove what killed runs of this user have left. Exit status 1: something dead is left, and is another's."""
    places = roots(lab_dir)
    for root in places:
        if root.is_dir() and root.stat().st_uid == os.getuid():
            for folder in lease.reclaim(root):
                click.echo(f"removed {folder}")
    cache = Cache()
    for left_over in (*CheckpointStore(cache.root / FOLDER).sweep(), *cache.sweep()):
        click.echo(f"removed {left_over}")
    ledger.sweep()
    left = list(rows(places))
    for row in left:
        click.echo(f"left alone: {row}")
    return int(any(row.state == DEAD for row in left))
