"""The ledger: who on this host has been promised how much memory and how many processors, so that labs never swap.

An entry is a file that its holder keeps locked. The kernel lets go of the lock when the holder dies, however it dies,
so an entry whose lock is free promises nothing. Users share the ledger; nobody can remove another's entry.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HostError, Missing
from harness.sandbox import user_namespace
from harness.sandbox.waiting import wait_until
from harness.units import MiB, minutes, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER = Path("/var/tmp/harness-ledger")  # noqa: S108 - shared by all users, sticky as its parent
GATE = "gate"
SUFFIX = ".json"

USABLE = 0.9
"""The part of the memory that labs may be promised; the rest is the system's."""

OVERCOMMIT = 4
"""Virtual processors for each of the host's, all labs together. A lab that runs alone may have more."""

WAITS_FOR = 60 * minutes
LOOKS_EVERY = 1 * seconds


@dataclass(frozen=True)
class Need:
    """What a lab takes: memory in bytes, and virtual processors."""

    memory: int
    cores: int


@dataclass(frozen=True)
class Room:
    """What there is: memory that labs may be promised, memory that is free right now (bytes), virtual processors."""

    memory: int
    free: int
    cores: int


@dataclass(frozen=True)
class Entry:
    """A promise: to whom, for what, how much. Memory in bytes."""

    what: str
    lease: str
    user: int
    memory: int
    cores: int

    def __str__(self) -> str:
        return f"{self.what} of user {self.user}, {self.memory / MiB:.0f} MiB, {self.cores} processors ({self.lease})"


def room_of_host() -> Room:
    """Return what this host, or the control group that this process is in, has for labs (proc(5), cgroups(7))."""
    lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
    sizes = {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines if len(words) > 1}
    total = min(sizes["MemTotal"], *_limits()) if _limits() else sizes["MemTotal"]
    return Room(int(total * USABLE), sizes["MemAvailable"], len(os.sched_getaffinity(0)) * OVERCOMMIT)


@contextlib.contextmanager
def reserve(
    need: Need,
    what: str,
    lease: Path,
    tell: Callable[[str], None],
    *,
    folder: Path = FOLDER,
    room: Callable[[], Room] = room_of_host,
) -> Iterator[None]:
    """Hold so much for a lab while the block lasts; wait until others give it back where it is taken.

    Raises `HostError` where it can never be had, and `NotSeen` where an hour passed without room. `tell` is called with
    who holds what, each time that changes while this waits.
    """
    told: list[str] = [""]

    def look() -> int | None:
        with _gate(folder):
            held = list(_sweep(folder))
            missing = lack(need, held, room())
            if missing is None:
                entry = Entry(what, str(lease), user_namespace.host_user(), need.memory, need.cores)
                return _write(folder, entry)
        if missing != told[0]:
            told[0] = missing
            tell(f"{what} waits for room: {missing}")
        return None

    descriptor = wait_until(f"room for {what}", look, within=WAITS_FOR, interval=LOOKS_EVERY, show=lambda: told[0])
    try:
        yield
    finally:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        path.unlink(missing_ok=True)
        os.close(descriptor)


def lack(need: Need, held: list[Entry], room: Room) -> str | None:
    """Return what keeps a lab from starting now, in words; None where nothing does.

    Raises `HostError` where waiting is no use: it is more than the host has, or nothing of ours will give it back.
    """
    if need.memory > room.memory or (not held and need.memory > room.free):
        have = min(room.memory, room.free if not held else room.memory)
        raise HostError(
            Missing(
                f"not enough memory: the lab needs {need.memory / MiB:.0f} MiB, {have / MiB:.0f} MiB can be had",
                "give its machines less memory in the topology, end other programs, or use --lab-machines=namespace",
            )
        )
    promised = sum(entry.memory for entry in held)
    cores = sum(entry.cores for entry in held)
    enough = promised + need.memory <= room.memory and need.memory <= room.free
    if enough and (need.cores + cores <= room.cores or not cores or not need.cores):
        return None
    return "; ".join(map(str, held))


def entries(folder: Path = FOLDER) -> list[Entry]:
    """Return every promise that holds."""
    if not folder.is_dir():
        return []
    with _gate(folder):
        return list(_sweep(folder))


def sweep(folder: Path = FOLDER) -> None:
    """Remove what the dead have left, as far as it is this user's."""
    entries(folder)


def _sweep(folder: Path) -> Iterator[Entry]:
    """Yield the entries of the living, and remove those of the dead."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                yield Entry(**json.loads(file.read()))
            else:
                with contextlib.suppress(PermissionError):  # another user's: it promises nothing any more
                    path.unlink()


def _write(folder: Path, entry: Entry) -> int:
    """Write an entry and return the descriptor that holds its lock. The gate is held meanwhile."""
    path = folder / f"{entry.user}-{secrets.token_hex(4)}{SUFFIX}"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.fchmod(descriptor, 0o644)
        os.write(descriptor, json.dumps(asdict(entry)).encode())
    except BaseException:
        path.unlink(missing_ok=True)
        os.close(descriptor)
        raise
    return descriptor


@contextlib.contextmanager
def _gate(folder: Path) -> Iterator[None]:
    """Let one at a time look into the ledger. It is made, for all users, where there is none."""
    try:
        gate = _open_gate(folder)
    except OSError as error:
        raise HostError(Missing(f"no ledger at {folder} ({error.strerror})", "make it writable for all")) from error
    try:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield
    finally:
        os.close(gate)


def _open_gate(folder: Path) -> int:
    """Open the gate as it is: whoever made it, others may not create a file of that name (proc_sys_fs(5))."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(folder / GATE, flags)
    except FileNotFoundError:
        if not folder.exists():
            with contextlib.suppress(FileExistsError):
                folder.mkdir()
                folder.chmod(0o1777)
        gate = os.open(folder / GATE, flags | os.O_CREAT, 0o644)
        with contextlib.suppress(PermissionError):
            os.fchmod(gate, 0o644)
        return gate


def _limits() -> list[int]:
    """Return the memory limits that control groups set on this process, if any; both versions."""
    found = []
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            found.append(int(Path(path).read_text()))
    return found
