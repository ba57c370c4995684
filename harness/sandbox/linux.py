"""The few Linux system calls that Python 3.11 does not offer, each raising `OSError` as Python's own do."""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CLONE_NEWNS = 0x0002_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWPID = 0x2000_0000
CLONE_NEWNET = 0x4000_0000

MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x4_0000

MNT_DETACH = 0x2

SYS_PIDFD_GETFD = 438
"""The same number on every architecture; Debian 12's libc has no function for it."""

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15

_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Give the calling thread new namespaces (unshare(2)); a new PID namespace begins with its next child."""
    _check(_libc.unshare(ctypes.c_int(flags)), "unshare")


def setns(namespace: int, kind: int) -> None:
    """Move the calling thread into the namespace behind a file descriptor (setns(2))."""
    _check(_libc.setns(ctypes.c_int(namespace), ctypes.c_int(kind)), "setns")


def mount(source: str, target: Path | str, filesystem: str, flags: int = 0, data: str = "") -> None:
    """Mount a file system, or change a mount's propagation (mount(2))."""
    result = _libc.mount(
        os.fsencode(source), os.fsencode(target), filesystem.encode(), ctypes.c_ulong(flags), data.encode() or None
    )
    _check(result, f"mount {filesystem or source} on {target}")


def unmount(target: Path | str) -> None:
    """Take a mount away; who still uses what is on it keeps that until it lets go (umount2(2), MNT_DETACH)."""
    _check(_libc.umount2(os.fsencode(target), ctypes.c_int(MNT_DETACH)), f"unmount {target}")


def pidfd_getfd(process: int, descriptor: int) -> int:
    """Return a descriptor for what a process, given by its pidfd, has open under one of its own (pidfd_getfd(2)).

    It is closed on exec. Linux 5.6; takes the right to trace the process.
    """
    arguments = (ctypes.c_int(process), ctypes.c_int(descriptor), ctypes.c_uint(0))
    result = int(_libc.syscall(ctypes.c_long(SYS_PIDFD_GETFD), *arguments))
    _check(result, "pidfd_getfd")
    return result


def die_with_parent(signal_number: int) -> None:
    """Have the kernel send this process a signal when the thread that started it ends (PR_SET_PDEATHSIG, prctl(2))."""
    _prctl(PR_SET_PDEATHSIG, signal_number)


def set_process_name(name: str) -> None:
    """Name this process as ``ps`` shows it; the kernel keeps 15 characters (PR_SET_NAME, prctl(2))."""
    buffer = ctypes.create_string_buffer(name.encode()[:15])
    _prctl(PR_SET_NAME, ctypes.addressof(buffer))


def _prctl(option: int, argument: int) -> None:
    zero = ctypes.c_ulong(0)
    _check(_libc.prctl(ctypes.c_int(option), ctypes.c_ulong(argument), zero, zero, zero), "prctl")


def _check(result: int, call: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
