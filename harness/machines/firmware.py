"""What a machine runs before its operating system, and where the distribution keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from harness.errors import HostError, Missing

OVMF_FOLDER = Path("/usr/share/OVMF")


class Firmware(StrEnum):
    """The two kinds. UEFI boots the network by its own PXE; under BIOS, QEMU's network ROM is iPXE from the start."""

    UEFI = "uefi"
    BIOS = "bios"


@dataclass(frozen=True)
class FirmwareFiles:
    """OVMF's code, which all machines share, and the empty variable store (NVRAM) that each gets a copy of."""

    code: Path
    variables: Path


def ovmf(folder: Path = OVMF_FOLDER) -> FirmwareFiles:
    """Return where OVMF is (Debian 12 and Ubuntu 24.04 agree). Raises `HostError` where it is not installed."""
    files = FirmwareFiles(folder / "OVMF_CODE_4M.fd", folder / "OVMF_VARS_4M.fd")
    absent = [str(path) for path in (files.code, files.variables) if not path.exists()]
    if absent:
        raise HostError(Missing(f"no UEFI firmware at {', '.join(absent)}", "install the package ovmf"))
    return files
