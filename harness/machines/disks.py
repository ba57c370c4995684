"""Disks: sparse qcow2 files, blank or laid over a base that is never written."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from harness.errors import HostError, LabError, Missing

if TYPE_CHECKING:
    from pathlib import Path


def create_blank(path: Path, size: int) -> None:
    """Create an empty disk of `size` bytes; it takes room only for what is written. Raises `LabError`, `HostError`."""
    _qemu_img("create", "-q", "-f", "qcow2", str(path), str(size))


def create_overlay(path: Path, base: Path) -> None:
    """Create a disk that shows `base`, a qcow2 file, and keeps every change to itself. Raises as `create_blank`."""
    _qemu_img("create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", str(base.resolve()), str(path))


def _qemu_img(*words: str) -> None:
    try:
        done = subprocess.run(["qemu-img", *words], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise HostError(Missing("no program qemu-img", "install the package qemu-utils")) from error
    if done.returncode:
        raise LabError(f"the disk {words[-1]} was not made: {done.stderr.strip()}")
