"""Where the distribution keeps UEFI firmware; a machine's BIOS comes with QEMU."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.errors import HostError, Missing

OVMF_FOLDER = Path("/usr/share/OVMF")


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
