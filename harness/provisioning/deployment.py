"""From the power button to a system that runs from its own disk: network boot, installation, restart."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.provisioning.installer import Step, install
from harness.provisioning.own_installer import OwnPlan, install_by_program
from harness.sandbox.waiting import NotSeen
from harness.units import minutes, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    from harness.machines.console import ConsoleLine
    from harness.machines.keys import KeyPair
    from harness.machines.virtual import VirtualMachine
    from harness.provisioning.installer import InstallPlan
    from harness.sandbox.waiting import Patience

POWERED_ON = "powered on"
NETWORK_BOOT = "network boot"
IPXE = "iPXE"
INSTALLER = "installer"
DISK_LAID_OUT = "disk laid out"
SYSTEM_COPIED = "system copied"
INSTALLED = "installed"
BOOTED = "booted from disk"

FIRMWARE_LINES = {
    r">>Start PXE over IPv4|iPXE \(http": NETWORK_BOOT,
    r"iPXE initialising devices": IPXE,
}
"""What UEFI (OVMF) or a card's ROM (BIOS) and then iPXE say when they begin; QEMU's ROM is an iPXE, too."""

STEPS = {"mount": DISK_LAID_OUT, "unpack": SYSTEM_COPIED, "restart": INSTALLED}
"""The installation's steps after which a machine has reached a phase."""

BOOTED_LINE = r"harness: booted"

FAILURE = r"(?:harness: failed: |(?=Kernel panic))(?P<why>.*)"
"""What a machine says that gives up: our own programs', or its kernel's last words."""

INSTALLER_WITHIN = 2 * minutes
SESSION_WITHIN = 15 * seconds
BOOTED_WITHIN = 1 * minutes
"""Bounds for a healthy KVM host. The documents give 2 to 5 minutes for the network boot of real hardware."""


@dataclass(frozen=True)
class Deployment:
    """How one machine is deployed: what is installed, and the keys by which both sides know each other."""

    plan: InstallPlan | OwnPlan
    lab_key: KeyPair
    on_phase: Callable[[str], None]
    patience: Patience

    @property
    def booted(self) -> str:
        """The console line, a regular expression, by which the installed machine says that it has booted."""
        return self.plan.booted if isinstance(self.plan, OwnPlan) else BOOTED_LINE


@dataclass(frozen=True)
class SshHost:
    """A system that is reached by SSH: its address, and the host key that it shows."""

    address: str
    host_key: str


def boot_installer(machine: VirtualMachine, deployment: Deployment) -> SshHost:
    """Power a machine on, have it boot the network, and return its installer as soon as it can be reached.

    Raises `LabError` with the machine, the phase that it did not reach, what was waited for and how long, and the last
    lines of its console.
    """
    with _told_of_firmware(machine, deployment):
        start = len(machine.console)
        machine.on()
        deployment.on_phase(POWERED_ON)
        return _wait_for_installer(machine, deployment, start)


def deploy(machine: VirtualMachine, deployment: Deployment, installer: SshHost | None = None) -> None:
    """Have a machine install itself, and wait until it has booted from its disk.

    Unless it runs its `installer` already, it is powered on for that. Raises as `boot_installer`.
    """
    running = installer or boot_installer(machine, deployment)
    with _told_of_firmware(machine, deployment):
        start = len(machine.console)
        _install(machine, deployment, running)
        _wait(machine, deployment, BOOTED, deployment.booted, start=start, within=BOOTED_WITHIN)


def deploy_to_disk(machine: VirtualMachine, deployment: Deployment, installer: SshHost | None = None) -> None:
    """Have a machine install itself as `deploy` does, and power it off again. Raises as `boot_installer`."""
    running = installer or boot_installer(machine, deployment)
    with _told_of_firmware(machine, deployment):
        _install(machine, deployment, running)
        machine.cut()  # everything is on its disk; it is about to restart


def boot_from_disk(machine: VirtualMachine, deployment: Deployment) -> None:
    """Power an installed machine on, and wait until it has booted from its disk. Raises as `deploy`."""
    with _told_of_firmware(machine, deployment):
        start = len(machine.console)
        machine.on()
        deployment.on_phase(POWERED_ON)
        _wait(machine, deployment, BOOTED, deployment.booted, start=start, within=BOOTED_WITHIN)


def wait_for_line(
    machine: VirtualMachine, phase: str, line: str, *, start: int, within: timedelta, patience: Patience
) -> re.Match[str]:
    """Wait until a machine reaches a phase, which a line on its console says, and return that line's match.

    Raises `LabError` where it does not, and at once where the machine itself says that it failed.
    """
    pattern = rf"(?P<reached>{line})|{FAILURE}"
    try:
        match = machine.console.wait_for(pattern, start=start, within=within, patience=patience)
    except NotSeen as late:
        raise machine.failed(f"did not get there: {late}", phase=phase) from late
    if match["reached"] is None:
        raise machine.failed(f"says that it failed: {match['why']}", phase=phase)
    return match


@contextlib.contextmanager
def _told_of_firmware(machine: VirtualMachine, deployment: Deployment) -> Iterator[None]:
    forget = machine.console.on_line(_firmware_phases(deployment.on_phase))
    try:
        yield
    finally:
        forget()


def _wait_for_installer(machine: VirtualMachine, deployment: Deployment, start: int) -> SshHost:
    """Return the installer as the console, which no network can forge, shows it.

    A machine's address in its installer is that of the card that it booted from, whatever addresses it will have.
    """
    _wait(machine, deployment, INSTALLER, r"harness: installer ready", start=start, within=INSTALLER_WITHIN)
    address = machine.console.find(r"harness: address (\S+)", start=start)
    host_key = machine.console.find(r"harness: host-key (\S+ \S+)", start=start)
    if address is None or host_key is None:
        missing = "address" if address is None else "host key"
        raise machine.failed(f"the installer did not show its {missing} on the console", phase=INSTALLER)
    return SshHost(address[1], host_key[1])


def _install(machine: VirtualMachine, deployment: Deployment, installer: SshHost) -> None:
    from harness.machines.ssh import SshSession  # noqa: PLC0415 - paramiko is loaded with the first session

    def on_step(step: Step) -> None:
        if step.name in STEPS:
            deployment.on_phase(STEPS[step.name])

    session = SshSession.connect(
        installer.address,
        key=deployment.lab_key,
        host_key=installer.host_key,
        within=SESSION_WITHIN,
        patience=deployment.patience,
        machine=machine.name,
    )
    plan = deployment.plan
    with session:  # from here on it is known that this address is the machine whose console we read
        if not isinstance(plan, OwnPlan):
            install(session, plan, on_step)
            return
    install_by_program(machine.name, installer.address, plan, deployment.lab_key, deployment.patience)
    deployment.on_phase(INSTALLED)


def _wait(
    machine: VirtualMachine, deployment: Deployment, phase: str, line: str, *, start: int, within: timedelta
) -> None:
    wait_for_line(machine, phase, line, start=start, within=within, patience=deployment.patience)
    deployment.on_phase(phase)


def _firmware_phases(on_phase: Callable[[str], None]) -> Callable[[ConsoleLine], None]:
    patterns = {re.compile(pattern): phase for pattern, phase in FIRMWARE_LINES.items()}

    def listen(line: ConsoleLine) -> None:
        for pattern, phase in patterns.items():
            if pattern.search(line.text):
                on_phase(phase)

    return listen
