"""What a host must have before a lab can start, checked all at once and before anything starts."""

from __future__ import annotations

import errno
import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HostError, Missing
from harness.sandbox import namespaces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where programs are looked for besides the user's own PATH, which often lacks the folders for administrators."""


@dataclass(frozen=True)
class Requirement:
    """One thing that must be there: its name, and how to find out what is missing of it, nothing where it is there."""

    name: str
    look: Callable[[], tuple[Missing, ...]]


def _unless(met: Callable[[], bool], what: str, remedy: str) -> Callable[[], tuple[Missing, ...]]:
    return lambda: () if met() else (Missing(what, remedy),)


def _install(package: str) -> str:
    return f"apt-get install {package}, or run ci/setup"


def program(name: str, package: str) -> Requirement:
    """Require a program on the path."""
    return Requirement(f"program {name}", lambda: () if find_program(name) else (no_program(name, package),))


def file(path: str, package: str) -> Requirement:
    """Require a file that a package brings."""
    return Requirement(f"file {path}", _unless(Path(path).exists, f"no file {path}", _install(package)))


def account(name: str, package: str) -> Requirement:
    """Require a user that a package makes."""
    return Requirement(f"user {name}", _unless(lambda: _has_account(name), f"no user {name}", _install(package)))


def device(path: str, module: str) -> Requirement:
    """Require a device that this user may read and write, of which a kernel module makes the driver."""

    def look() -> tuple[Missing, ...]:
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC))
        except OSError as error:
            return (closed_device(path, module, error.errno or 0),)
        return ()

    return Requirement(f"device {path}", look)


def closed_device(path: str, module: str, number: int) -> Missing:
    """Return why a device can't be opened, going by the error number, and what mends it."""
    container = f"in a container: --device {path}"
    if number == errno.EACCES:
        return Missing(f"{path} is closed to this user", f"as root: chmod 0666 {path}")
    if number == errno.EPERM:
        return Missing(f"{path} is closed to this control group", container)
    if number in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
        return Missing(f"there is no {path}", f"as root: modprobe {module}; {container}")
    return Missing(f"{path} can't be opened ({os.strerror(number)})", f"as root: chmod 0666 {path}")


FOR_NAMESPACES: tuple[Requirement, ...] = (
    Requirement("private namespaces", namespaces.try_out),
    device("/dev/net/tun", "tun"),
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
    missing = [one for requirement in requirements for one in requirement.look()]
    if missing:
        raise HostError(*missing)


def find_program(name: str) -> str | None:
    """Return the path of a program, or None. Folders for administrators are searched for every user."""
    return shutil.which(name) or shutil.which(name, path=SYSTEM_PATH)


def need_program(name: str, package: str) -> str:
    """Return the path of a program. Raises `HostError` with the package that brings it where it is missing."""
    path = find_program(name)
    if path is None:
        raise HostError(no_program(name, package))
    return path


def no_program(name: str, package: str) -> Missing:
    """Return that a program is missing, and the package that brings it."""
    return Missing(f"no program {name}", _install(package))


def _has_account(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
