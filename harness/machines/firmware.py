"""Where the distribution keeps UEFI firmware; a machine's BIOS comes with QEMU."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.sandbox import host

OVMF_FOLDER = Path("/usr/share/OVMF")


@dataclass(frozen=True)
class FirmwareFiles:
    """OVMF's code, which all machines share, and the empty variable store (NVRAM) that each gets a copy of."""

    code: Path
    variables: Path


def required(folder: Path = OVMF_FOLDER) -> tuple[host.Requirement, ...]:
    """Return what machines with UEFI need of the host (Debian 12 and Ubuntu 24.04 agree on where it is)."""
    return tuple(host.file(str(path), "ovmf") for path in vars(_files(folder)).values())


def ovmf(folder: Path = OVMF_FOLDER) -> FirmwareFiles:
    """Return where OVMF is. Raises `HostError` where it is not installed."""
    host.require(required(folder))
    return _files(folder)


def _files(folder: Path) -> FirmwareFiles:
    return FirmwareFiles(folder / "OVMF_CODE_4M.fd", folder / "OVMF_VARS_4M.fd")
