"""Looking at processes from outside, for tests that kill some of them."""

from __future__ import annotations

from pathlib import Path


def descendants(pid: int) -> list[int]:
    """Return all children of a process, their children, and so on; each process before its own children.

    One that ends meanwhile has none.
    """
    try:
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return children + [below for child in children for below in descendants(child)]


def name_of(pid: int) -> str:
    """Return a process's name, an empty one where it has ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def alive(pid: int) -> bool:
    """Say whether a process runs; a zombie does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):  # gone before it was opened, or before it was read
        return False
