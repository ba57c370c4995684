"""What a host must have before a lab can start, checked all at once and before anything starts."""

from __future__ import annotations

import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HostError, Missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where programs are looked for besides the user's own PATH, which often lacks the folders for administrators."""


@dataclass(frozen=True)
class Requirement:
    """One thing that must be there: its name, what is said where it is not, what to do then, and how to tell."""

    name: str
    what: str
    remedy: str
    is_met: Callable[[], bool]


def _install(package: str) -> str:
    return f"apt-get install {package}, or run ci/setup"


def program(name: str, package: str) -> Requirement:
    """Require a program on the path."""
    return Requirement(
        f"program {name}", f"no program {name}", _install(package), lambda: find_program(name) is not None
    )


def file(path: str, package: str) -> Requirement:
    """Require a file that a package brings."""
    return Requirement(f"file {path}", f"no file {path}", _install(package), lambda: Path(path).exists())


def device(path: str, remedy: str) -> Requirement:
    """Require a device that this user may read and write."""
    return Requirement(
        f"device {path}", f"{path} is absent or closed to this user", remedy, lambda: os.access(path, os.R_OK | os.W_OK)
    )


def account(name: str, package: str) -> Requirement:
    """Require a user that a package makes."""
    return Requirement(f"user {name}", f"no user {name}", _install(package), lambda: _has_account(name))


def root() -> Requirement:
    """Require the rights to make namespaces and network devices."""
    return Requirement("rights of root", "this user may not make namespaces", "run as root", lambda: os.geteuid() == 0)


FOR_NAMESPACES: tuple[Requirement, ...] = (
    root(),
    device("/dev/net/tun", "load the tun module, and run as a user who may open it"),
)

FOR_VIRTUAL_MACHINES: tuple[Requirement, ...] = (
    *FOR_NAMESPACES,
    program("qemu-system-x86_64", "qemu-system-x86"),
    program("qemu-img", "qemu-utils"),
    file("/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so", "libvirt-daemon-driver-qemu"),
    account("libvirt-qemu", "libvirt-daemon-system"),
)

FOR_BOOT_SERVER: tuple[Requirement, ...] = (
    program("dnsmasq", "dnsmasq-base"),
    program("nginx", "nginx-light"),
    file("/usr/lib/ipxe/ipxe.efi", "ipxe"),
    file("/usr/lib/ipxe/undionly.kpxe", "ipxe"),
)


def require(requirements: Iterable[Requirement]) -> None:
    """Raise `HostError` with everything that is missing; return where nothing is."""
    missing = [Missing(one.what, one.remedy) for one in requirements if not one.is_met()]
    if missing:
        raise HostError(*missing)


def find_program(name: str) -> str | None:
    """Return the path of a program, or None. Folders for administrators are searched for every user."""
    return shutil.which(name) or shutil.which(name, path=SYSTEM_PATH)


def _has_account(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
