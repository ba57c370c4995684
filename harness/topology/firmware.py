"""What a machine runs before its operating system."""

from __future__ import annotations

from enum import StrEnum


class Firmware(StrEnum):
    """The two kinds. UEFI boots the network by its own PXE; under BIOS, QEMU's network ROM is iPXE from the start."""

    UEFI = "uefi"
    BIOS = "bios"
