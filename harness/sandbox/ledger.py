"""The ledger: who on this host has been promised how much memory and how many processors, so that labs never swap.

An entry is a file that its holder keeps locked. The kernel lets go of the lock when the holder dies, however it dies,
so an entry whose lock is free promises nothing. Users share the ledger; nobody can remove another's entry.

Who finds no room stands in line by an entry of the same kind. Whoever comes later gets only what would be left if all
before them had theirs, so that a large lab is not kept waiting by small ones.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HostError, Missing
from harness.sandbox import user_namespace
from harness.sandbox.host_memory import room_of_host
from harness.sandbox.promises import Entry, lack
from harness.sandbox.waiting import wait_until
from harness.units import minutes, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.sandbox.promises import Need, Room

FOLDER = Path("/var/tmp/harness-ledger")  # noqa: S108 - shared by all users, sticky as its parent
GATE = "gate"
SUFFIX = ".entry"

WAITS_FOR = 60 * minutes
LOOKS_EVERY = 1 * seconds
NOTES_EVERY = 2 * seconds
"""How often a holder notes what it uses by now."""


@contextlib.contextmanager
def reserve(
    need: Need,
    what: str,
    lease: Path,
    tell: Callable[[str], None],
    *,
    folder: Path = FOLDER,
    room: Callable[[], Room] = room_of_host,
    used: Callable[[], int] = lambda: 0,
) -> Iterator[None]:
    """Hold so much for a lab while the block lasts; wait in line where it is taken, until others give it back.

    Raises `HostError` where it can never be had, and `NotSeen` where an hour passed without room. `tell` is called with
    who holds what, each time that changes while this waits. `used` is asked, from another thread, how many bytes of the
    memory are taken by now.
    """
    told: list[str] = [""]
    with _standing(folder, Entry(what, str(lease), user_namespace.host_user(), need.memory, need.cores)) as place:

        def look() -> bool:
            with _gate(folder):
                missing = _asked(place, need, room(), folder)
            if missing not in (None, told[0]):
                told[0] = str(missing)
                tell(f"{what} waits for room: {missing}")
            return missing is None

        wait_until(f"room for {what}", look, within=WAITS_FOR, interval=LOOKS_EVERY, show=lambda: told[0])
        with _noting(place, used):
            yield


def entries(folder: Path = FOLDER) -> list[Entry]:
    """Return every promise that holds, and everyone in line, those who came first before others."""
    if not folder.is_dir():
        return []
    with _gate(folder):
        return sorted(_sweep(folder), key=lambda entry: entry.since)


def sweep(folder: Path = FOLDER) -> None:
    """Remove what the dead have left, as far as it is this user's."""
    entries(folder)


def _sweep(folder: Path) -> Iterator[Entry]:
    """Yield the entries of the living, and remove those of the dead."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        with contextlib.suppress(FileNotFoundError, PermissionError), path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                with contextlib.suppress(ValueError, TypeError, AttributeError):  # for want of room, or none of ours
                    yield Entry.from_json(json.loads(file.read()))
            else:
                with contextlib.suppress(PermissionError):  # another user's: it promises nothing any more
                    path.unlink()


class _Place:
    """One's own entry: a place in line at first, then a promise. The lock on its file is this process's."""

    def __init__(self, folder: Path, entry: Entry) -> None:
        self._folder = folder
        self._entry = entry
        self._path = folder / f"{entry.user}-{secrets.token_hex(4)}{SUFFIX}"
        self._descriptor = -1

    def ask(self, need: Need, room: Room) -> str | None:
        """Take what is needed where it is there, else stand in line; return what is missing. The gate is held.

        Raises `OSError` where that can't be written down.
        """
        others = [entry for entry in _sweep(self._folder) if entry.since != self._entry.since or not entry.since]
        held = [entry for entry in others if not entry.since]
        line = [entry for entry in others if entry.since]
        ahead = [entry for entry in line if not self._entry.since or entry.since < self._entry.since]
        missing = lack(need, held, ahead, room)
        if missing is None:
            self._write(replace(self._entry, since=0))
        elif not self._entry.since:
            self._write(replace(self._entry, since=time.monotonic_ns()))
        return missing

    def note(self, used: int) -> None:
        """Note how much of the memory is taken by now."""
        with _gate(self._folder):
            self._write(replace(self._entry, used=used))

    def leave(self) -> None:
        """Give back what was promised, or one's place."""
        if self._descriptor >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)

    def _write(self, entry: Entry) -> None:
        if self._descriptor < 0:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            os.fchmod(self._descriptor, 0o644)
        text = json.dumps(asdict(entry)).encode()
        os.pwrite(self._descriptor, text, 0)
        os.ftruncate(self._descriptor, len(text))
        self._entry = entry


def _asked(place: _Place, need: Need, room: Room, folder: Path) -> str | None:
    try:
        return place.ask(need, room)
    except OSError as error:
        what = f"the ledger at {folder} takes no entry ({error.strerror})"
        raise HostError(Missing(what, "free some room there, or make it writable for all")) from error


@contextlib.contextmanager
def _standing(folder: Path, entry: Entry) -> Iterator[_Place]:
    place = _Place(folder, entry)
    try:
        yield place
    finally:
        place.leave()


@contextlib.contextmanager
def _noting(place: _Place, used: Callable[[], int]) -> Iterator[None]:
    """Note again and again, in a thread of its own, what is used."""
    ended = threading.Event()

    def note() -> None:
        while not ended.wait(NOTES_EVERY.total_seconds()):
            with contextlib.suppress(OSError, HostError):  # what ends just now; the note before is good enough
                place.note(used())

    thread = threading.Thread(target=note, name="harness-ledger", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


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
