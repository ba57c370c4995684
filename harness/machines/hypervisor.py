"""The connection to libvirt: one per process, by default to a driver inside this very process (``qemu:///embed``).

The embedded driver keeps everything under a root folder of its own, needs no daemon, and starts guests in the
namespaces of this process. It can't be closed and opened again at will (libvirt keeps one root per process for its
lifetime), so a connection lasts as long as the process. Source: libvirt, "QEMU/KVM driver", section "Embedded driver".
"""

from __future__ import annotations

import grp
import os
import pwd
import select
import signal
import threading
from typing import TYPE_CHECKING, Any

from harness.errors import HostError, Missing

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

EMBEDDED = "qemu:///embed"
ACCOUNT = "libvirt-qemu"
"""libvirt's QEMU driver looks this user and group up when it starts, even where it runs guests as somebody else."""

LONGEST_ROOT = 60
"""Characters. libvirt puts sockets below its root, and a socket's whole path has at most 107 (unix(7))."""

KILLED_WITHIN = 5.0
"""Seconds. A process in the kernel's hands takes its time; libvirt goes on waiting then."""

SAME = 2**32 - 1
"""As a user or a group it means to stay who one is (setreuid(2), chown(2)). libvirt hands it on, and asks for no
supplementary groups then: a user namespace with one id has none to give, and a user's own group may open /dev/kvm."""

SETTINGS = f"""\
user = "+{SAME}"
group = "+{SAME}"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
hugetlbfs_mount = []
"""
"""`hugetlbfs_mount`: else libvirt makes folders in each one that is mounted, which are the host's, and root's there."""


class Hypervisor:
    """An open connection to libvirt."""

    def __init__(self, connection: Any, libvirt: ModuleType, root: Path | None) -> None:  # noqa: ANN401 - libvirt has no types
        self.connection = connection
        self.libvirt = libvirt
        self._root = root

    @property
    def error(self) -> type[Exception]:
        """The exception that libvirt raises."""
        kind: type[Exception] = self.libvirt.libvirtError
        return kind

    def versions(self) -> str:
        """Return the versions of what runs guests: QEMU's and libvirt's, as libvirt numbers them."""
        return f"QEMU {self.connection.getVersion()}, libvirt {self.connection.getLibVersion()}"

    def log_of(self, domain: str) -> Path | None:
        """Return where QEMU's own messages for a domain are, or None where this connection does not know."""
        return self._root / "log" / "qemu" / f"{domain}.log" if self._root else None

    def process_of(self, domain: str) -> int | None:
        """Return the process of a running domain, or None where this connection does not know it."""
        if self._root is None:
            return None
        try:
            return int((self._root / "run" / "qemu" / f"{domain}.pid").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def kill(self, domain: str) -> None:
        """End the process of a domain at once, where this connection knows it: libvirt by itself looks every 200 ms."""
        process = self.process_of(domain)
        if process is None:
            return
        try:
            handle = os.pidfd_open(process)
        except ProcessLookupError:
            return
        try:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            end = select.poll()
            end.register(handle, select.POLLIN)
            end.poll(KILLED_WITHIN * 1000)
        finally:
            os.close(handle)


def connect(uri: str, folder: Path, cache: Path) -> Hypervisor:
    """Open the connection. For the embedded driver, `folder` becomes its root and `cache` keeps QEMU's capabilities.

    Raises `HostError` where libvirt, its QEMU driver or the account that it wants is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("LIBVIRT_LOG_OUTPUTS", f"3:file:{folder / 'libvirt.log'}")  # else it writes on our screen
    libvirt = _import()
    _start_event_loop(libvirt)
    root = None
    if uri == EMBEDDED:
        root = _prepare_root(folder, cache)
        uri = f"{EMBEDDED}?root={root}"
    try:
        return Hypervisor(libvirt.open(uri), libvirt, root)
    except libvirt.libvirtError as error:
        remedy = "install libvirt-daemon-driver-qemu, or name another --lab-libvirt-uri"
        raise HostError(Missing(f"libvirt can't open {uri} ({error})", remedy)) from error


def _import() -> ModuleType:
    try:
        import libvirt  # noqa: PLC0415 - loaded when the first virtual machine is asked for
    except ImportError as error:
        raise HostError(Missing(f"no libvirt for Python ({error})", "run ci/setup")) from error
    module: ModuleType = libvirt
    return module


def _start_event_loop(libvirt: ModuleType) -> None:
    """Run libvirt's events in a thread; without it the connection never hears that a guest has ended."""
    libvirt.registerErrorHandler(lambda *_: None, None)  # errors are raised; libvirt would print them as well
    libvirt.virEventRegisterDefaultImpl()

    def run() -> None:
        while True:
            libvirt.virEventRunDefaultImpl()

    threading.Thread(target=run, name="harness-libvirt", daemon=True).start()


def _prepare_root(folder: Path, cache: Path) -> Path:
    if len(str(folder)) > LONGEST_ROOT:
        remedy = f"choose a --lab-dir so that this has at most {LONGEST_ROOT} characters"
        raise HostError(Missing(f"the path {folder} is too long for libvirt's sockets", remedy))
    _require_account()
    for name in ("etc", "run"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    cache.mkdir(parents=True, exist_ok=True)
    (folder / "cache").unlink(missing_ok=True)  # an earlier try may have got as far as this
    (folder / "cache").symlink_to(cache)
    (folder / "etc" / "qemu.conf").write_text(SETTINGS)
    return folder


def _require_account() -> None:
    try:
        pwd.getpwnam(ACCOUNT)
        grp.getgrnam(ACCOUNT)
    except KeyError as error:
        remedy = "install libvirt-daemon-system, which makes it"
        raise HostError(Missing(f"the user or group {ACCOUNT} does not exist", remedy)) from error
