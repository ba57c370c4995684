"""Processes of this host, as proc(5) shows them: of which namespaces, under what name, in which state.

A process may end at any time, also between two questions: of one that has ended there is nothing to tell.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.sandbox.netns import NetworkNamespace

PROC = Path("/proc")
STOPPED = "TtZX"
"""The states of processes that don't run: stopped, traced, ended."""

UNINTERRUPTIBLE = "D"

LONGEST_NAME = 15
"""Characters of a process's name that the kernel keeps."""


def within(namespaces: Iterable[NetworkNamespace]) -> list[int]:
    """Return the processes in some network namespaces, whoever started them.

    Those that have ended are none, also where nobody has asked for their status yet.
    """
    wanted = {(status.st_dev, status.st_ino) for status in (os.fstat(one.fileno()) for one in namespaces)}
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit() and _namespace_of(entry) in wanted]


def name_of(process: int) -> str:
    """Return a process's name, of which the kernel keeps `LONGEST_NAME` characters; nothing where it has ended."""
    try:
        return (PROC / str(process) / "comm").read_text().rstrip("\n")
    except OSError:
        return ""


def command_of(process: int) -> tuple[str, ...]:
    """Return a process's command line; one that has ended, or that is just becoming a program, has none."""
    try:
        line = (PROC / str(process) / "cmdline").read_bytes()
    except OSError:
        return ()
    return tuple(word.decode(errors="surrogateescape") for word in line.removesuffix(b"\0").split(b"\0") if line)


def state_of(process: int) -> str:
    """Return a process's state, a letter; nothing where it has ended."""
    return next(iter(_status_of(process)), "")


def parent_of(process: int) -> int | None:
    """Return the process that a process is a child of; None where it has ended."""
    fields = _status_of(process)
    return int(fields[1]) if fields else None


def session_of(process: int) -> int | None:
    """Return the leader of a process's session (setsid(2)); None where it has ended."""
    try:
        return os.getsid(process)
    except ProcessLookupError:
        return None


def stands_still(process: int) -> bool:
    """Say whether a process does not run, or stops before it does anything else.

    The latter is one that waits for what it has forked (vfork(2)), and will for as long as that is stopped, too: it
    can't be interrupted meanwhile. Any other that is yet to stop may do so between two looks at it, and is not still.
    """
    try:
        lines = (PROC / str(process) / "status").read_text().splitlines()
    except OSError:
        return True
    fields = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    state, pending = fields["State"][0], int(fields["ShdPnd"], 16)
    return state in STOPPED or (state == UNINTERRUPTIBLE and bool(pending & 1 << signal.SIGSTOP - 1))


def send(process: int, number: signal.Signals) -> bool:
    """Send a process a signal, and say whether it was there."""
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return False
    return True


def send_group(leader: int, number: signal.Signals) -> None:
    """Send a signal to a whole process group, where there is any of it left."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, number)


def _namespace_of(process: Path) -> tuple[int, int] | None:
    try:
        status = (process / "ns/net").stat()
    except OSError:  # it has ended, or it is not ours to look at
        return None
    return status.st_dev, status.st_ino


def _status_of(process: int) -> list[str]:
    """Return the fields of a process's ``stat`` from the third on: the second is a name in brackets."""
    try:
        return (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
