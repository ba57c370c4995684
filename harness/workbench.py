"""The workbench: what all labs of one test process share — the sandbox, libvirt, the accelerator, images, patience."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HostError, Missing
from harness.images import store
from harness.images.cache import user_cache
from harness.machines import accelerator, checkpoint_store, firmware, hypervisor
from harness.machines.checkpoint_store import CheckpointStore
from harness.network import kinds
from harness.sandbox import host, host_memory, ledger, linux, supervisor
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.promises import Need
from harness.topology.firmware import Firmware
from harness.trace.evidence import folder_for, hold, new_run
from harness.units import MiB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from harness.images.store import Image
    from harness.machines.accelerator import Accelerator
    from harness.machines.hypervisor import Hypervisor
    from harness.sandbox.lease import Lease
    from harness.sandbox.waiting import Patience
    from harness.topology.model import Topology

    Progress = Callable[[str], None]

MEMORY = "memory"
NAME_SHOWN = 12
"""Characters of a machine's name that its folder has: a Unix socket's path has at most 107 (unix(7))."""
IMAGES = ("installer", "node")

ROOM = "size=100%,mode=0700"
HUGE_PAGES = "huge=always"
"""As QEMU asks for where guests' memory is no file."""

KEEP_RUNS = 5
"""Runs whose evidence is kept; a bootstrap's captures and logs take about 150 MB."""

EMULATOR = 160 * MiB
"""What an emulator takes besides its guest's memory: its own pages, and under TCG the code that it has translated."""

NAMESPACE_LAB = 64 * MiB
"""What a lab of namespaces takes: the switch's process, and the programs of its machines."""


@dataclass(frozen=True)
class Settings:
    """What the user chose. `accel` is ``auto``, ``kvm`` or ``tcg``; `lab_dir` None means the default for this user.

    `seed` is where random choices start, None for the topology's own. `checkpoints` is ``auto``, ``off`` (none is
    looked for, or made) or ``rebuild`` (made anew).
    """

    accel: str = "auto"
    network: str = kinds.AUTO
    seed: int | None = None
    firmware: Firmware = Firmware.UEFI
    libvirt_uri: str = hypervisor.EMBEDDED
    evidence: Path = Path("evidence")
    lab_dir: Path | None = None
    checkpoints: str = "auto"


@dataclass
class Workbench:
    """Made by `prepare`, once in a test process; lives inside the sandbox until the process ends."""

    settings: Settings
    lease: Lease
    namespace: NetworkNamespace
    run: Path
    """Where evidence of this run's labs goes."""
    images: Mapping[str, Image] = field(default_factory=dict)
    _folders: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _patience: dict[int, Patience] = field(default_factory=dict)
    published: set[str] = field(default_factory=set)
    """The keys of the checkpoints that were made here."""
    tell: Callable[[str], None] = lambda _: None
    """Where to say what a user should know at once."""

    @property
    def installer(self) -> Image:
        """The system that installs machines."""
        return self.images["installer"]

    @property
    def node(self) -> Image:
        """The system that machines are installed with."""
        return self.images["node"]

    @cached_property
    def hypervisor(self) -> Hypervisor:
        """The connection to libvirt, opened when the first machine needs it. Raises `HostError`."""
        return hypervisor.connect(self.settings.libvirt_uri, self.lease.folder / "v", user_cache() / "libvirt")

    @cached_property
    def accelerator(self) -> Accelerator:
        """What runs guests here. Raises `HostError` where what was asked for runs none."""
        answer = user_cache() / "accelerator.json"
        return accelerator.choose(self.settings.accel, self.installer.file("kernel"), answer)

    @cached_property
    def checkpoints(self) -> CheckpointStore:
        """The checkpoints that labs start from."""
        return CheckpointStore(user_cache() / checkpoint_store.FOLDER)

    @cached_property
    def memory(self) -> Path:
        """A folder for the memory of guests: a tmpfs, which goes with the sandbox. It takes room as guests use it."""
        folder = self.lease.folder / MEMORY
        folder.mkdir(mode=0o700)
        try:
            linux.mount("harness-memory", folder, "tmpfs", data=f"{ROOM},{HUGE_PAGES}")
        except OSError:  # a kernel without huge pages
            linux.mount("harness-memory", folder, "tmpfs", data=ROOM)
        return folder

    def patience(self, *, cpus: int) -> Patience:
        """Return how slow this host is for a lab of so many virtual CPUs; measured once. Raises `HostError`."""
        if cpus not in self._patience:
            kernel = self.installer.file("kernel")
            self._patience[cpus] = accelerator.measure_patience(self.accelerator, kernel, cpus=cpus)
        return self._patience[cpus]

    def folder_for(self, machine: str) -> Path:
        """Return a new folder for what dies with a machine; its path is short, as sockets need it. From any thread."""
        return self.lease.folder / f"{next(self._folders)}-{machine[:NAME_SHOWN]}"

    def room_for(self, topology: Topology, what: str, tell: Progress, *, virtual: bool) -> AbstractContextManager[None]:
        """Hold what a lab takes of this host while a block lasts, waiting until others give it back.

        Raises `HostError` where it can never be had.
        """
        need = need_of(topology) if virtual else Need(NAMESPACE_LAB, 0)
        used = partial(host_memory.in_use, self.lease.folder / MEMORY)
        return ledger.reserve(need, what, self.lease.folder, tell, used=used)

    def evidence_for(self, name: str) -> Path:
        """Make a folder for what one lab leaves behind."""
        return folder_for(self.run, name)


def need_of(topology: Topology) -> Need:
    """Return what a lab of virtual machines takes at worst.

    A machine that boots fills the file that its memory is in; one that was restored makes every page its own, and has
    no such file: either way its memory counts once.
    """
    machines = topology.machines
    guests = sum(machine.memory for machine in machines)
    emulators = EMULATOR * len(machines)
    because = f" ({len(machines)} machines: {guests / MiB:.0f} MiB, and {emulators / MiB:.0f} MiB for their emulators)"
    return Need(guests + emulators, sum(machine.cpus for machine in machines), because)


def prepare(settings: Settings, progress: Progress, *, virtual: bool = True) -> Workbench:
    """Check the host, have the images built, enter the sandbox, and return the workbench inside of it.

    Raises `HostError` with all that is missing, before any lab has started.
    """
    images = check(settings, progress, virtual=virtual)
    lease = supervisor.enter(settings.lab_dir)
    run = make_run(settings)
    return Workbench(settings, lease, NetworkNamespace.current(), run, images, tell=progress)


def check(settings: Settings, progress: Progress, *, virtual: bool = True) -> dict[str, Image]:
    """Check the host and have the images built: all that needs the host's own network, so it is outside of any sandbox.

    Images, and what runs guests, are asked for where there will be `virtual` machines. Raises `HostError` with all that
    is missing.
    """
    of_uefi = firmware.required() if virtual and settings.firmware is Firmware.UEFI else ()
    host.require((host.FOR_VIRTUAL_MACHINES if virtual else host.FOR_NAMESPACES) + host.FOR_BOOT_SERVER + of_uefi)
    return {name: store.ensure(name, progress=progress) for name in IMAGES} if virtual else {}


def adopt(settings: Settings, lease: Lease, run: Path, progress: Progress) -> Workbench:
    """Return the workbench of a process that was started inside its sandbox, of which `check` was asked before.

    Its evidence goes into the folder of a run that others share.
    """
    images = {name: image for name in IMAGES if (image := store.find(name)) is not None}
    return Workbench(settings, lease, NetworkNamespace.current(), run, images, tell=progress)


def make_run(settings: Settings) -> Path:
    """Make the folder for what a run leaves behind; the oldest runs that have ended make room. Raises `HostError`."""
    try:
        run = new_run(settings.evidence, keep=KEEP_RUNS)
        hold(run)
    except OSError as error:
        what = f"no folder for evidence at {settings.evidence} ({error.strerror})"
        raise HostError(Missing(what, "make it writable, or name another one by --lab-evidence")) from None
    return run
