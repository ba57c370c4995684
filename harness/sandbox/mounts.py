"""A private mount namespace: what is mounted in it stays in it."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from harness.sandbox import children, linux

if TYPE_CHECKING:
    from collections.abc import Collection


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


def make_writable(folder: Path, *, without: Collection[str] = ()) -> None:
    """Lay an empty file system over a folder, in which what was there before, but for some names, is still there.

    In a mount namespace of one's own. What is made in the folder itself from now on goes with the namespace. Raises
    `OSError`.
    """
    if not folder.is_dir():
        return
    before = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        linux.mount("harness", folder, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=755")
        for entry in Path(f"/proc/self/fd/{before}").iterdir():
            if entry.name not in without:
                with contextlib.suppress(FileNotFoundError):  # it has just gone
                    _bind(entry, folder / entry.name)
    finally:
        os.close(before)


def _bind(source: Path, target: Path) -> None:
    """Show a folder, with what is mounted in it, or a file at a second place; a link is made anew."""
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    if source.is_dir():
        target.mkdir()
    elif source.exists():
        target.touch()
    linux.mount(str(source), target, "", linux.MS_BIND | linux.MS_REC)


def _make_private() -> None:
    linux.mount("none", "/", "", linux.MS_REC | linux.MS_PRIVATE)


def _from_outside_the_chroot() -> None:
    """Do it in a child that leaves the chroot: it shares this namespace, and its root is nobody else's."""
    with tempfile.TemporaryDirectory(prefix="harness-") as elsewhere:
        child = children.fork(lambda: _leave_and_make_private(elsewhere))
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
