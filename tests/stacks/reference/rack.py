"""Containers with a real systemd, on one bridge: the stack's own units run in them, as on an installed machine.

A container's root is this host's, with a layer in memory on top, so that nothing is built or copied. It needs root.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from threading import Thread
from typing import IO, TYPE_CHECKING, Self

from pyroute2 import IPRoute

from harness.provisioning.files import tar
from harness.sandbox import linux
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import gone, wait_until
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta
    from ipaddress import IPv4Address

    from harness.provisioning.files import Entry

PREFIX = 24
DISK = """
mount -t tmpfs tmpfs "$1" && mkdir "$1/upper" "$1/work" "$1/root" &&
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
"""
KEEPER = f"{DISK.strip()} && echo ready && exec sleep infinity"
WIPE = f"umount $1/root && umount $1 && {DISK.strip()}"
SETTLE = 'for group in $1; do echo 0 > "$group/cgroup.procs"; done; shift; exec "$@"'
SERIAL = itertools.count()
DIE_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")
MASKED = (
    "systemd-networkd.service",
    "systemd-networkd.socket",
    "systemd-firstboot.service",
    "systemd-resolved.service",
)


def missing() -> str | None:
    """Return why there can be no containers here, or None."""
    if os.geteuid() != 0:
        return "containers need root"
    for program in ("systemd-nspawn", "etcd", "serf"):
        if shutil.which(program) is None:
            return f"{program} is missing: apt-get install systemd-container etcd-server serf"
    if " / / " not in Path("/proc/self/mountinfo").read_text():
        return "containers need a root that is a mount, and this is a chroot in a plain folder"
    return None if _cgroup_parents() else "no cgroup hierarchy can be written"


@dataclass
class Container:
    """One machine: a root, a network namespace, and at times a running systemd."""

    name: str
    namespace: NetworkNamespace
    folder: Path
    keeper: subprocess.Popen[bytes]
    process: subprocess.Popen[bytes] | None = None
    cgroups: tuple[Path, ...] = ()
    """Its own folder in each hierarchy that systemd keeps its units in; nspawn would use its caller's."""
    console: list[str] = field(default_factory=list)

    @property
    def milestones(self) -> list[str]:
        """What the console was told since the last boot."""
        return re.findall(r"harness: .*", "\n".join(self.console))

    def wait_for(self, milestone: str, within: timedelta = 30 * seconds) -> None:
        """Wait until the console was told so in this boot."""
        wait_until(
            f"{self.name} to say {milestone!r}",
            lambda: any(said.startswith(milestone) for said in self.milestones),
            within=within,
            show=lambda: self.console[-20:],
        )

    def path(self, path: str) -> Path:
        """Where the container's own path is found from outside."""
        return Path(f"/proc/{self.keeper.pid}/root{self.folder}/root{path}")

    def wipe(self) -> None:
        """Forget all that was written: the machine's disk is new."""
        self._keep(["sh", "-c", WIPE, "sh", str(self.folder)])

    def unpack(self, entries: Mapping[PurePosixPath, Entry]) -> None:
        self._keep(["tar", "-xpf", "-", "-C", f"{self.folder}/root"], tar(entries))

    def prepare(self, hosts: str, units: Sequence[str]) -> None:
        """Make it start these units, and nothing that this host starts."""
        system = self.path("/etc/systemd/system")
        for wants in system.glob("*.wants"):
            shutil.rmtree(wants)
        for unit in MASKED:
            (system / unit).unlink(missing_ok=True)
            (system / unit).symlink_to("/dev/null")
        self.path("/etc/hosts").write_text(hosts)
        self.path("/etc/hostname").write_text(f"{self.name}\n")
        self._keep(["systemctl", "--quiet", f"--root={self.folder}/root", "enable", *units])

    def boot(self) -> None:
        for cgroup in self.cgroups:
            cgroup.mkdir(exist_ok=True)
        settle = ["sh", "-c", SETTLE, "sh", " ".join(map(str, self.cgroups))]
        network = f"--net=/proc/{os.getpid()}/fd/{self.namespace.fileno()}"
        enter = ["nsenter", f"--target={self.keeper.pid}", "--mount", network]
        # A PID namespace around it all: nspawn's end would not be the container's, but the namespace's is.
        fence = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
        options = ["--quiet", "--register=no", "--keep-unit", f"--machine={self.name}", "--console=read-only", "--boot"]
        nspawn = ["systemd-nspawn", *options, f"--directory={self.folder}/root", "systemd.unit=multi-user.target"]
        words = [*DIE_WITH_US, *settle, *enter, *fence, *nspawn]
        self.process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.console = []
        Thread(target=_read_lines, args=(self.process.stdout, self.console), daemon=True).start()

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command inside the running container."""
        words = ["nsenter", f"--target={self._leader()}", "--mount", "--uts", "--ipc", "--net", "--pid", "--root"]
        return subprocess.run([*words, "--", *command], check=False, capture_output=True, text=True)

    def cut(self) -> None:
        """Cut its power: everything in it ends at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
            gone(f"processes of {self.name}", self._processes, within=5 * seconds)

    def shut_down(self) -> None:
        """Ask it to power off, and wait until it has."""
        assert self.process is not None
        os.kill(self._leader(), signal.SIGRTMIN + 4)
        self.process.wait(timeout=30)
        self.process = None

    def close(self) -> None:
        self.cut()
        for cgroup in self.cgroups:
            wait_until(f"{cgroup} to be removed", partial(_removed, cgroup), within=5 * seconds)
        self.keeper.kill()
        self.keeper.wait()
        if self.keeper.stdout is not None:
            self.keeper.stdout.close()
        self.namespace.close()

    def _leader(self) -> int:
        assert self.process is not None
        outermost = self.process.pid

        def look() -> int | None:
            nspawn = _child(outermost)
            return nspawn and _child(nspawn)

        return wait_until(f"{self.name} to have a first process", look, within=5 * seconds)

    def _processes(self) -> list[str]:
        return [identity for cgroup in self.cgroups for identity in _processes_in(cgroup)]

    def _keep(self, command: Sequence[str], data: bytes | None = None) -> None:
        words = ["nsenter", f"--target={self.keeper.pid}", "--mount", "--", *command]
        subprocess.run(words, input=data, check=True, capture_output=True)


class Rack:
    """A bridge and the containers on it. The thread that enters stands on the bridge itself, until it leaves."""

    def __init__(self, folder: Path, own_address: str) -> None:
        self._folder = folder
        self._hub = NetworkNamespace.create()
        self._home = NetworkNamespace.current()
        self.containers: dict[str, Container] = {}
        self._hub.run(lambda: _make_bridge(own_address))

    def __enter__(self) -> Self:
        linux.setns(self._hub.fileno(), linux.CLONE_NEWNET)
        return self

    def __exit__(self, *_: object) -> None:
        for container in self.containers.values():
            container.close()
        linux.setns(self._home.fileno(), linux.CLONE_NEWNET)
        self._hub.close()
        self._home.close()

    def add(self, name: str, address: IPv4Address) -> Container:
        namespace = NetworkNamespace.create()
        self._hub.run(lambda: _plug(f"h-{name}", namespace.fileno()))
        namespace.run(lambda: _raise("eth0", f"{address}/{PREFIX}"))
        folder = self._folder / name
        folder.mkdir()
        words = ["unshare", "--mount", "--propagation=private", "sh", "-c", KEEPER, "sh", str(folder)]
        keeper = subprocess.Popen([*DIE_WITH_US, *words], stdout=subprocess.PIPE)
        assert keeper.stdout is not None
        assert keeper.stdout.readline() == b"ready\n"
        # The same name in each hierarchy: nspawn itself copies its own from one to the other.
        cgroup = f"harness-{os.getpid()}-{next(SERIAL)}"
        cgroups = tuple(parent / cgroup for parent in _cgroup_parents())
        self.containers[name] = Container(name, namespace, folder, keeper, cgroups=cgroups)
        return self.containers[name]


def _read_lines(stream: IO[bytes], lines: list[str]) -> None:
    with stream:
        lines.extend(line.decode(errors="replace").rstrip() for line in stream)


def _processes_in(cgroup: Path) -> list[str]:
    found = []
    for folder, _, _ in os.walk(cgroup):
        # It may go away meanwhile.
        with contextlib.suppress(OSError):
            found += Path(folder, "cgroup.procs").read_text().split()
    return found


def _removed(cgroup: Path) -> bool:
    """Remove a cgroup and those in it; the kernel lets go of them a moment after their last process."""
    try:
        for folder, _, _ in os.walk(cgroup, topdown=False):
            Path(folder).rmdir()
    except OSError:
        return False
    return not cgroup.exists()


def _child(process: int) -> int | None:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return int(children[0]) if children else None


def _cgroup_parents() -> list[Path]:
    """Return our own cgroup in each hierarchy that systemd uses: the unified one, and on hybrid hosts its named one."""
    parents = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        names = {"": ("unified", "."), "name=systemd": ("systemd",)}.get(controllers, ())
        found = [Path("/sys/fs/cgroup", name, path[1:]) for name in names]
        parents += [parent for parent in found if os.access(parent / "cgroup.procs", os.W_OK)][:1]
    return parents


def _make_bridge(own_address: str) -> None:
    with IPRoute() as netlink:
        netlink.link("add", ifname="br0", kind="bridge")
    _raise("br0", own_address)


def _plug(outer: str, namespace: int) -> None:
    with IPRoute() as netlink:
        netlink.link("add", ifname=outer, kind="veth", peer={"ifname": "eth0", "net_ns_fd": namespace})
        bridge = netlink.link_lookup(ifname="br0")[0]
        netlink.link("set", index=netlink.link_lookup(ifname=outer)[0], master=bridge, state="up")


def _raise(interface: str, address: str) -> None:
    with IPRoute() as netlink:
        index = netlink.link_lookup(ifname=interface)[0]
        host, _, prefix = address.partition("/")
        netlink.addr("add", index=index, address=host, prefixlen=int(prefix))
        netlink.link("set", index=index, state="up")
