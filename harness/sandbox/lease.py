"""Leases: a folder on disk that belongs to one running sandbox, and can be told dead from alive by its lock.

Whoever holds the lock of a lease is alive; the kernel lets go of it when the holder dies, however it dies. So nothing
is ever removed by the look of its name, and nothing of another's is touched.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
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
        """Remove the folder and all that is in it, then let go."""
        remove_tree(self.folder)
        os.close(self.lock)


def default_root() -> Path:
    """Return where this user's leases stand: on disk, since they hold the disks of guests, with a short path.

    A Unix socket's path has at most 107 characters (unix(7)).
    """
    return Path(f"/var/tmp/harness-{user_namespace.host_user()}")  # noqa: S108 - a folder of the user's own, checked below


def take(root: Path) -> Lease:
    """Make a new lease under `root`. Raises `HostError` where the folder can't be made or is another user's."""
    with _registry(root):
        folder = root / secrets.token_hex(3)
        folder.mkdir(mode=0o700)
        lock = _try_lock(folder / LOCK)
        if lock is None:
            raise HostError(Missing(f"the new lease {folder} is locked already", "try again"))
        owner = {"pid": os.getpid(), "since": time.time(), "command": sys.argv}
        (folder / OWNER).write_text(json.dumps(owner))
    return Lease(folder, lock)


def reclaim(root: Path) -> list[Path]:
    """Remove the folders of leases whose holders are dead, and return them; the living are left alone."""
    try:
        if not root.is_dir():
            return []
    except PermissionError:  # it holds nothing of ours
        return []
    with _registry(root):
        return [folder for folder in sorted(root.iterdir()) if folder.is_dir() and _reclaim_one(folder)]


def end_when_free(folder: Path) -> None:
    """Wait until no process holds a lease any more, and remove its folder. For whoever knows that they are dying."""
    try:
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return
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
        return [_look(folder) for folder in sorted(root.iterdir()) if folder.is_dir()]
    return []


def _look(folder: Path) -> Seen:
    user = folder.stat().st_uid
    alive = False
    with contextlib.suppress(FileNotFoundError), (folder / LOCK).open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            alive = True
    try:
        owner = json.loads((folder / OWNER).read_text())
    except (FileNotFoundError, ValueError):  # it is just ending, or its maker died over it
        return Seen(folder, user, alive)
    return Seen(folder, user, alive, owner["pid"], owner["since"], tuple(owner["command"]), _init_of(folder))


def _init_of(folder: Path) -> int | None:
    try:
        return int((folder / INIT).read_text())
    except (FileNotFoundError, ValueError):
        return None


def _reclaim_one(folder: Path) -> bool:
    lock = _try_lock(folder / LOCK)
    if lock is None:
        return False
    Lease(folder, lock).end()
    return True


@contextlib.contextmanager
def _registry(root: Path) -> Iterator[None]:
    """Hold the folder of all leases, so that none is reclaimed between its making and its locking."""
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = root.stat().st_uid
        registry = os.open(root / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise HostError(Missing(f"no folder for labs at {root} ({error.strerror})", "make it writable")) from error
    try:
        if owner != os.getuid():
            raise HostError(Missing(f"{root} belongs to user {owner}", "remove it, or have its owner do so"))
        fcntl.flock(registry, fcntl.LOCK_EX)
        yield
    finally:
        os.close(registry)


def _try_lock(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
