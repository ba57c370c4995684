"""Leases: a folder on disk that belongs to one running sandbox, and can be told dead from alive by its lock.

Whoever holds the lock of a lease is alive; the kernel lets go of it when the holder dies, however it dies. So nothing
is ever removed by the look of its name, and nothing of another's is touched: a folder without such a lock is no lease.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import secrets
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HostError, Missing
from harness.sandbox import user_namespace
from harness.sandbox.removal import remove_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK = "lock"
OWNER = "owner.json"
INIT = "init"

NAME_BYTES = 3
NAME = re.compile(f"[0-9a-f]{{{2 * NAME_BYTES}}}")
"""What the folders of leases are called. Whatever else stands beside them is somebody's own."""


@dataclass(frozen=True)
class Lease:
    """A folder that its holder owns until it lets go."""

    folder: Path
    lock: int = -1
    """The descriptor that holds the lock; -1 where another process does."""

    def note_init(self, pid: int) -> None:
        """Leave word of the process that is PID 1 of the sandbox, as whoever makes it sees it."""
        (self.folder / INIT).write_text(f"{pid}\n")

    def end(self) -> None:
        """Remove the folder and all that is in it, as far as that can be, then let go.

        The lock goes last: what can't be removed, or is left by whoever dies over this, is a lease still, and is
        reclaimed.
        """
        with contextlib.suppress(OSError):
            for path in self.folder.iterdir():
                if path.name != LOCK:
                    _remove(path)
            if [path.name for path in self.folder.iterdir()] == [LOCK]:
                (self.folder / LOCK).unlink()
                self.folder.rmdir()
        os.close(self.lock)


def default_root() -> Path:
    """Return where this user's leases stand: on disk, since they hold the disks of guests, with a short path.

    A Unix socket's path has at most 107 characters (unix(7)).
    """
    return Path(f"/var/tmp/harness-{user_namespace.host_user()}")  # noqa: S108 - a folder of the user's own, checked below


def take(root: Path) -> Lease:
    """Make a new lease under `root`. Raises `HostError` where it can't be made; nothing is left then."""
    with _registry(root):
        folder = root / secrets.token_hex(NAME_BYTES)
        try:
            return _make(folder)
        except OSError as error:
            remove_tree(folder)
            what = f"no folder for a lab can be made in {root} ({error.strerror})"
            raise HostError(Missing(what, "free some room there, or choose another --lab-dir")) from error


def reclaim(root: Path) -> list[Path]:
    """Remove the folders of leases whose holders are dead, and return them; the living are left alone."""
    try:
        if not root.is_dir():
            return []
    except PermissionError:  # it holds nothing of ours
        return []
    with _registry(root):
        return [folder for folder in _leases(root) if _reclaim_one(folder)]


def end_when_free(folder: Path) -> None:
    """Wait until no process holds a lease any more, and remove its folder. For whoever knows that they are dying."""
    with contextlib.suppress(FileNotFoundError):
        lock = _open(folder / LOCK)
        fcntl.flock(lock, fcntl.LOCK_EX)
        Lease(folder, lock).end()


@dataclass(frozen=True)
class Seen:
    """A lease as others see it: of whom, whether its holder lives, and what it says of itself, where it says it.

    `since` is in seconds since 1970; `init` is PID 1 of its sandbox.
    """

    folder: Path
    user: int
    alive: bool
    pid: int | None = None
    since: float | None = None
    command: tuple[str, ...] = ()
    init: int | None = None


def survey(root: Path) -> list[Seen]:
    """Return every lease under a root, of any user, and change nothing.

    Raises `PermissionError` where this user may not look into it.
    """
    if not root.is_dir():
        return []
    with contextlib.suppress(FileNotFoundError), (root / LOCK).open("rb") as registry:
        fcntl.flock(registry, fcntl.LOCK_EX)
        return [seen for folder in _leases(root) if (seen := _look(folder)) is not None]
    return []


def _look(folder: Path) -> Seen | None:
    """Return what can be seen of a lease; None where it has just ended, and where a folder is none."""
    try:
        user, alive = folder.stat().st_uid, _is_held(folder)
    except FileNotFoundError:
        return None
    try:
        owner = json.loads((folder / OWNER).read_text())
    except (FileNotFoundError, ValueError):  # it is just ending, or its maker died over it
        return Seen(folder, user, alive)
    return Seen(folder, user, alive, owner["pid"], owner["since"], tuple(owner["command"]), _init_of(folder))


def _is_held(folder: Path) -> bool:
    """Say whether the holder of a lease lives. Raises `FileNotFoundError` where a folder is no lease."""
    if not any(folder.iterdir()):  # its maker died over it, or its holder is just done
        return False
    with (folder / LOCK).open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _init_of(folder: Path) -> int | None:
    try:
        return int((folder / INIT).read_text())
    except (FileNotFoundError, ValueError):
        return None


def _leases(root: Path) -> list[Path]:
    """Return the folders that may be leases: the user may keep others beside them."""
    return sorted(folder for folder in root.iterdir() if NAME.fullmatch(folder.name) and folder.is_dir())


def _make(folder: Path) -> Lease:
    """Make a lease's folder, and hold its lock. Raises `OSError`; the lock is free then."""
    folder.mkdir(mode=0o700)
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        owner = {"pid": os.getpid(), "since": time.time(), "command": sys.argv}
        (folder / OWNER).write_text(json.dumps(owner))
    except OSError:
        os.close(lock)
        raise
    return Lease(folder, lock)


def _reclaim_one(folder: Path) -> bool:
    """Remove a lease whose holder is dead, and say whether it was."""
    try:
        lock = _open(folder / LOCK)
    except OSError:  # its maker died over it, or it is just ending; a folder with something in it is no lease
        return _remove_empty(folder)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    Lease(folder, lock).end()
    return True


def _remove_empty(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:
        return False
    return True


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        remove_tree(path)
    else:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _registry(root: Path) -> Iterator[None]:
    """Hold the folder of all leases, so that none is reclaimed between its making and its locking."""
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = root.stat().st_uid
        registry = os.open(root / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        what = f"no folder for labs at {root} ({error.strerror})"
        raise HostError(Missing(what, "make it writable, or choose another --lab-dir")) from error
    try:
        if owner != os.getuid():
            raise HostError(Missing(f"{root} belongs to user {owner}", "remove it, or have its owner do so"))
        fcntl.flock(registry, fcntl.LOCK_EX)
        yield
    finally:
        os.close(registry)


def _open(lock: Path) -> int:
    return os.open(lock, os.O_RDWR | os.O_CLOEXEC)
