"""Disks: sparse qcow2 files, each blank or laid over the one before, which is never written again.

A machine's disk is a chain of files in one folder, ``disk-0.qcow2`` and on. Each names the one below without a folder,
so that a chain can be linked into another folder and is whole there.
"""

from __future__ import annotations

import errno
import os
import re
import subprocess
from typing import TYPE_CHECKING

from harness.errors import HostError, LabError
from harness.machines.memory import copy_sparse
from harness.sandbox import host

if TYPE_CHECKING:
    from pathlib import Path

NAME = "disk-{}.qcow2"
NUMBER = re.compile(r"disk-(\d+)\.qcow2")
READ_ONLY = 0o444


def create_blank(path: Path, size: int) -> None:
    """Create an empty disk of `size` bytes; it takes room only for what is written. Raises `LabError`, `HostError`."""
    _qemu_img("create", "-q", "-f", "qcow2", str(path), str(size))


def create_overlay(path: Path, base: Path, size: int) -> None:
    """Create a disk of `size` bytes that shows `base`, a qcow2 file of its folder, and keeps every change to itself.

    `base` may be in use by a running machine. Raises as `create_blank`.
    """
    _qemu_img("create", "-q", "-u", "-f", "qcow2", "-F", "qcow2", "-b", base.name, str(path), str(size))


def chain(folder: Path) -> list[Path]:
    """Return the files of a machine's disk, from the bottom to the top, which is the one that is written."""
    found = [(int(match[1]), path) for path in folder.iterdir() if (match := NUMBER.fullmatch(path.name))]
    return [path for _, path in sorted(found)]


def next_in(folder: Path) -> Path:
    """Return the name of the file that comes on top of a chain."""
    return folder / NAME.format(len(chain(folder)))


def link(source: Path, folder: Path) -> Path:
    """Give a file that is never written again a place in another folder, too, without a copy where that can be.

    Returns its path there. Raises `OSError`.
    """
    target = folder / source.name
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in {errno.EXDEV, errno.EPERM, errno.EMLINK}:
            raise
        copy_sparse(source, target)
    return target


def _qemu_img(*words: str) -> None:
    try:
        done = subprocess.run(["qemu-img", *words], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise HostError(host.no_program("qemu-img", "qemu-utils")) from error
    if done.returncode:
        raise LabError(f"the disk {words[-2]} was not made: {done.stderr.strip()}")
