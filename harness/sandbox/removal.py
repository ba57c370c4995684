"""Removing folders in which other ids of a user namespace own files, which an ordinary user can't outside of one."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from harness.sandbox import confined, user_namespace

if TYPE_CHECKING:
    from pathlib import Path


def remove_tree(path: Path) -> None:
    """Remove a folder with all in it, as far as this user may in a namespace of its own. Raises nothing."""
    shutil.rmtree(path, ignore_errors=True)
    if os.path.lexists(path) and user_namespace.needed():
        command = confined.command(["rm", "-rf", "--", str(path)])
        subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
