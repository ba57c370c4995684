"""What a lab's parts are told, put together from its topology: the boot server's settings, each machine's plan.

Pure: nothing is started here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from harness.errors import HostError, Missing
from harness.machines.keys import generate_key
from harness.provisioning import boot_files, files
from harness.provisioning.installer import InstallPlan, RootArchive
from harness.provisioning.layout import TARGET, Command, root_volume, volume_path
from harness.provisioning.node_files import Identity, enabled, node_files, ssh_files
from harness.provisioning.own_installer import OwnPlan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.metadata import EntryPoint
    from pathlib import Path, PurePosixPath

    from harness.machines.keys import KeyPair
    from harness.provisioning.boot_files import BootConfig
    from harness.provisioning.files import Entry
    from harness.stacks.protocol import InstallsItself, Secrets, Stack
    from harness.topology.firmware import Firmware
    from harness.topology.model import BootServerSpec, MachineSpec, StackSpec, Topology

CONSOLE = "console=ttyS0"
FASTER_EMULATION = "mitigations=off"
"""Page-table isolation makes an emulator forget its translations at every system call."""
LATE_TIMER = "no_timer_check"
"""On a busy host an emulated timer's first ticks are late: the kernel would take it for broken, and panic."""

BOOT_INTERFACE = "eth0"
BOOT_LOADER = "/usr/lib/harness/install-boot-loader"
STACKS = "harness.stacks"
STACK_MEMBERS = ("name", "absent", "secrets", "files", "units", "cluster")


@dataclass(frozen=True)
class Assembly:
    """A topology with a boot server and a stack, and the keys and secrets that are made for one lab of it."""

    topology: Topology
    boot_server: BootServerSpec
    stack: Stack
    secrets: Secrets
    firmware: Firmware
    lab_key: KeyPair
    host_keys: Mapping[str, KeyPair]

    @classmethod
    def of(cls, topology: Topology, boot_server: BootServerSpec, stack: StackSpec, firmware: Firmware) -> Assembly:
        """Make fresh keys and secrets. Raises `HostError` where no such stack is installed."""
        plug = find_stack(stack.kind)
        return cls(
            topology=topology,
            boot_server=boot_server,
            stack=plug,
            secrets=plug.secrets(topology),
            firmware=firmware,
            lab_key=generate_key("lab"),
            host_keys={machine.name: generate_key(machine.name) for machine in topology.machines},
        )

    @cached_property
    def boot_config(self) -> BootConfig:
        """What the boot server is told: reservations by MAC, and a kernel that fetches the lab's key."""
        return installing_config(self.topology, self.boot_server)

    def entries(self, machine: MachineSpec) -> dict[PurePosixPath, Entry]:
        """Return every file that a machine gets besides the root file system that all share."""
        identity = Identity(self.host_keys[machine.name], self.lab_key.public)
        own = node_files(self.topology, machine, identity=identity, firmware=self.firmware)
        stack = self.stack.files(self.topology, machine.name, self.secrets)
        return files.merge(own, stack, enabled(self.stack.units(self.topology, machine.name), stack))

    def plan(self, machine: MachineSpec, root: RootArchive) -> InstallPlan:
        """Return how a machine is installed."""
        return InstallPlan(
            disk=self.topology.disk_layout,
            firmware=self.firmware,
            root=root,
            entries=self.entries(machine),
            boot_loader=self._boot_loader(),
        )

    def own_plan(self, machine: MachineSpec, stack: InstallsItself, *, folder: Path, log: Path) -> OwnPlan:
        """Return how a stack that installs itself installs a machine. Raises `HostError` where it can't, here."""
        identity = Identity(self.host_keys[machine.name], self.lab_key.public)
        return OwnPlan(
            entries=files.merge(ssh_files(identity), self.stack.files(self.topology, machine.name, self.secrets)),
            installation=stack.installer(self.topology, machine.name),
            booted=stack.booted_line(machine.name),
            folder=folder,
            log=log,
        )

    def _boot_loader(self) -> tuple[Command, ...]:
        disk = self.topology.disk_layout
        root = f"root={volume_path(disk, root_volume(disk))}"
        words = ("chroot", str(TARGET), BOOT_LOADER, self.firmware, disk.device)
        return (Command((*words, root, "rw", CONSOLE, FASTER_EMULATION, LATE_TIMER, "net.ifnames=0", "quiet")),)


def boot_config(topology: Topology, server: BootServerSpec) -> BootConfig:
    """Return what a boot server is told of its VLAN: its own address, and the reservations of all cards there."""
    vlan = topology.vlan(server.vlan)
    return boot_files.BootConfig(
        name=server.name,
        interface=BOOT_INTERFACE,
        address=server.address,
        subnet=vlan.subnet,
        gateway=vlan.gateway,
        reservations=boot_files.reservations(topology, vlan.name),
    )


def installing_config(topology: Topology, server: BootServerSpec) -> BootConfig:
    """Return what a boot server is told that installs virtual machines: their kernel fetches the lab's key."""
    config = boot_config(topology, server)
    keys = f"harness.authorized_keys={config.url(boot_files.AUTHORIZED_KEYS)}"
    return replace(config, kernel_arguments=(CONSOLE, FASTER_EMULATION, LATE_TIMER, keys))


def find_stack(kind: str) -> Stack:
    """Return the stack of that name: what an entry point of ``harness.stacks`` returns when it is called.

    Raises `HostError` where there is no such entry point, where two packages bring one, and where it brings no stack.
    """
    found = entry_points(group=STACKS)
    named = found.select(name=kind)
    if not named:
        known = ", ".join(sorted(found.names)) or "none"
        raise HostError(Missing(f"no stack {kind!r} is installed", f"install what brings it; there are: {known}"))
    values = sorted({entry.value for entry in named})
    if len(values) > 1:
        raise HostError(
            Missing(f"several packages bring the stack {kind!r}: {', '.join(values)}", "uninstall all but one")
        )
    return _made(kind, values[0], next(iter(named)))


def _made(kind: str, value: str, entry: EntryPoint) -> Stack:
    remedy = "mend the package that brings it: its entry point is called, and returns a stack (docs/your-stack.md)"
    try:
        stack = entry.load()()
    except HostError:
        raise
    except Exception as error:  # whatever a stranger's code raises, whoever asked for its stack is told whose it is
        reason = f"{type(error).__name__}: {error}"
        raise HostError(Missing(f"the stack {kind!r} ({value}) can't be loaded: {reason}", remedy)) from error
    if lacking := [member for member in STACK_MEMBERS if not hasattr(stack, member)]:
        what = f"the stack {kind!r} ({value}) is none: a {type(stack).__name__} without {', '.join(lacking)}"
        raise HostError(Missing(what, remedy))
    made: Stack = stack
    return made
