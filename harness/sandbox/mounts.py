"""A private mount namespace: what is mounted in it stays in it."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from harness.sandbox import linux


def unshare_private() -> None:
    """Give the calling process a mount namespace that propagates nothing to any other (mount_namespaces(7)).

    In a chroot the root folder need not be a mount, so the mount that it stands on can't be named from inside: a child
    does it from outside. Give yourself a new PID namespace afterwards, not before: its first child would be its init.
    Raises `OSError`.
    """
    linux.unshare(linux.CLONE_NEWNS)
    try:
        _make_private()
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        _from_outside_the_chroot()


def _make_private() -> None:
    linux.mount("none", "/", "", linux.MS_REC | linux.MS_PRIVATE)


def _from_outside_the_chroot() -> None:
    """Do it in a child that leaves the chroot: it shares this namespace, and its root is nobody else's."""
    with tempfile.TemporaryDirectory(prefix="harness-") as elsewhere:
        child = os.fork()
        if child == 0:
            os._exit(_leave_and_make_private(elsewhere))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status:
        raise OSError(status, f"mounts can't be made private: {os.strerror(status)}")


def _leave_and_make_private(elsewhere: str) -> int:
    """Climb from a folder that lies outside of this process's root, where nothing stops ``..`` (chroot(2))."""
    try:
        inside = os.open("/", os.O_RDONLY)
        os.chroot(elsewhere)
        os.fchdir(inside)
        while not Path().samefile(".."):
            os.chdir("..")
        os.chroot(".")
        _make_private()
    except OSError as error:
        return error.errno or 1
    return 0
