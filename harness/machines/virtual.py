"""Virtual machines: QEMU guests through libvirt, with a disk, a console and a power button."""

from __future__ import annotations

import contextlib
import shutil
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.errors import LabError
from harness.machines import checkpoint, disk_control, disks, memory
from harness.machines.checkpoint import Facts
from harness.machines.console import Console
from harness.machines.domain import Domain, DomainCard, interface_xml, snapshot_xml
from harness.machines.firmware import ovmf
from harness.machines.guest import Guest
from harness.machines.keeper import Keeper
from harness.machines.memory import Memory
from harness.machines.monitor import Monitor
from harness.machines.socket_buffers import Room, enlarge
from harness.machines.terminal import Terminal
from harness.sandbox.waiting import HEALTHY, NotSeen, Patience, gone, wait_until
from harness.topology.firmware import Firmware
from harness.units import milliseconds, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta
    from pathlib import Path
    from typing import Any

    from harness.machines.accelerator import Accelerator
    from harness.machines.commands import Completed
    from harness.machines.hypervisor import Hypervisor
    from harness.machines.protocol import Activity
    from harness.machines.ssh import SshSession
    from harness.network.protocol import Attachment
    from harness.topology.model import MachineSpec

OPEN_SESSION = 10 * seconds
SEEN_DEAD = 2 * seconds
RESET_WITHIN = 2 * seconds
LOOK = 5 * milliseconds
"""libvirt sees by itself, and at once, that an emulator has ended."""


class VirtualMachine(Guest):
    """A machine with firmware, a disk, network cards and a serial console.

    It is a `PowerCut`, `Reset`, `Pause`, `Carrier`, `Throttle`, `Checkpointable`, and what `Guest` is.

    `attachments` says what each card of the specification plugs into, in order. `boot_card` names the card that the
    firmware boots from while the disk is blank; with None it boots no network. `folder` holds what dies with the
    machine (disk, NVRAM, sockets), `evidence` what stays (the console's log). `memory` is the file that its memory is
    in while it is on, by default in `folder`; best on a tmpfs.
    """

    def __init__(
        self,
        spec: MachineSpec,
        *,
        hypervisor: Hypervisor,
        attachments: Sequence[Attachment],
        boot_card: str | None,
        accelerator: Accelerator,
        firmware: Firmware,
        folder: Path,
        evidence: Path,
        memory: Path | None = None,
        patience: Patience = HEALTHY,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        evidence.mkdir(parents=True, exist_ok=True)
        self.spec = spec
        self.firmware = firmware
        self.terminal = Terminal(folder / "terminal")
        self.console = Console(folder / "console", evidence / f"{spec.name}.console.log", self.terminal)
        self.keeper = Keeper(folder / "keeper", evidence / f"{spec.name}.keeper.log", spec.name, patience)
        self.patience = patience
        self.room = Room(0, "not on yet")
        """What became of the emulator's socket buffers when the machine was last powered on."""
        self._hypervisor = hypervisor
        self._folder = folder
        self._memory: Memory | None = None
        """What the machine that is on has as its memory."""
        self._evidence = evidence
        self._session: Callable[[timedelta], SshSession] | None = None
        self.on_power: Callable[[str], object] = lambda _: None
        """Told in a word what was done to the machine's power or its processors, just then."""
        self._domain = Domain(
            name=spec.name,
            spec=spec,
            accelerator=accelerator,
            uefi=ovmf() if firmware is Firmware.UEFI else None,
            nvram=folder / "nvram.fd",
            disk=folder / disks.NAME.format(0),
            console=self.console.path,
            cards=tuple(
                DomainCard(nic.mac, attachment, boots=nic.name == boot_card)
                for nic, attachment in zip(spec.nics, attachments, strict=True)
            ),
            memory=Memory(memory or folder / "memory"),
            keeper=self.keeper.path,
        )
        self.wipe()

    @property
    def name(self) -> str:
        """The machine's name in the topology."""
        return self.spec.name

    def on(self) -> None:
        """Press the power button. Does nothing where the machine is on. Raises `LabError` where it does not start."""
        if self.is_on():
            return
        memory.create(self._domain.memory.path, self.spec.memory)
        self._start(self._domain, 0, phase="power-on")
        self.on_power("power on")

    def off(self, *, within: timedelta) -> None:
        """Press the power button of a running system, which shuts down. Raises `NotSeen` where it does not in time."""
        handle = self._find()
        if handle is None:
            return
        self._do(handle.shutdown, "shut down")
        gone(f"{self.name}'s power", self.is_on, within=within, patience=self.patience)
        self._domain.memory.path.unlink(missing_ok=True)
        self.on_power("power off")

    def cut(self) -> None:
        """Cut the power: whatever the machine had not written to its disk is lost."""
        handle = self._find()
        if handle is not None:
            try:
                handle.destroy()
            except self._hypervisor.error as error:
                if self.is_on():  # else it has just ended by itself
                    raise self.failed(f"did not lose its power: {error}") from error
            self.on_power("power cut")
        self._domain.memory.path.unlink(missing_ok=True)

    def reset(self) -> None:
        """Press the reset button. Raises `LabError` where QEMU does not say that the machine has started anew."""
        handle = self._running()
        started = threading.Event()
        connection, reboot = self._hypervisor.connection, self._hypervisor.libvirt.VIR_DOMAIN_EVENT_ID_REBOOT
        number = connection.domainEventRegisterAny(handle, reboot, lambda *_: started.set(), None)
        try:
            self._do(handle.reset, "reset")
            if not started.wait(self.patience.stretch(RESET_WITHIN).total_seconds()):
                raise self.failed(f"was not reset within {RESET_WITHIN}")
        finally:
            connection.domainEventDeregisterAny(number)
        self.on_power("reset")

    def pause(self) -> None:
        """Stop all its processors; nothing on the network says so."""
        self._do(self._running().suspend, "pause")
        self.on_power("pause")

    def resume(self) -> None:
        """Let its processors go on."""
        self._do(self._running().resume, "resume")
        self.on_power("resume")

    def stands_still(self) -> bool | None:
        """Say whether no processor of it runs."""
        handle = self._find()
        return None if handle is None else not self.is_running()

    def throttle_disk(self, *, requests: int = 0, octets: int = 0) -> None:
        """Let so many requests and bytes through to the disk each second, until the next power-on; 0 is no limit."""
        disk_control.throttle(Monitor(self._running(), self.name), requests=requests, octets=octets)

    def disk_activity(self) -> Activity:
        """Return what the disk has done since power-on."""
        return disk_control.activity(Monitor(self._running(), self.name), self.spec.cpus)

    def set_carrier(self, card: str, *, on: bool) -> None:
        """Pull a card's cable or plug it in, as the guest sees it: at once, and from each power-on until changed again.

        Raises `LabError` where the machine has no such card, or the hypervisor refuses.
        """
        names = [nic.name for nic in self.spec.nics]
        if card not in names:
            raise self.failed(f"has no network card {card!r}, only {', '.join(names)}")
        number = names.index(card)
        handle = self._find()
        if handle is not None:
            flags = self._hypervisor.libvirt.VIR_DOMAIN_AFFECT_LIVE
            self._do(
                lambda: handle.updateDeviceFlags(
                    interface_xml(handle.XMLDesc(), self.spec.nics[number].mac, on=on), flags
                ),
                f"{'get' if on else 'lose'} the carrier of {card}",
            )
        cards = list(self._domain.cards)
        cards[number] = replace(cards[number], carrier=on)
        self._domain = replace(self._domain, cards=tuple(cards))

    def is_on(self) -> bool:
        """Say whether the machine has power."""
        return self._find() is not None

    def is_running(self) -> bool:
        """Say whether the machine is on and its processors run: it is not paused."""
        handle = self._find()
        if handle is None:
            return False
        try:
            return bool(handle.info()[0] != self._hypervisor.libvirt.VIR_DOMAIN_PAUSED)
        except self._hypervisor.error as error:
            if self.is_on():  # else it has just ended
                raise self.failed(f"does not say whether it runs: {error}") from error
            return False

    def wipe(self) -> None:
        """Put in a blank disk and forget all boot entries. Raises `LabError` where the machine is on."""
        if self.is_on():
            raise self.failed("its disk can be wiped only when it is off")
        for path in (*disks.chain(self._folder), self._domain.nvram):
            path.unlink(missing_ok=True)
        self._domain = replace(self._domain, disk=disks.next_in(self._folder))
        disks.create_blank(self._domain.disk, self.spec.disk)

    def save(self, folder: Path) -> None:
        """Save the machine into a new folder; one that is on has to be paused, and stays so.

        What lies under the disk's new top is shared with the machine, and is never written again. Raises `LabError`,
        and `OSError` where there is no room.
        """
        if self.is_running():
            raise self.failed("a machine that runs can't be saved: pause it first")
        folder.mkdir()
        handle = self._find()
        frozen = disks.chain(self._folder)
        self._lay_over(handle)
        for path in frozen:
            disks.link(path, folder)
        checkpoint.copy_nvram(self._domain.nvram, folder / checkpoint.NVRAM)
        own = self._memory
        if handle is not None and own is not None:
            checkpoint.save_running(Monitor(handle, self.name), folder, own, self.patience)
        carriers = tuple(card.carrier for card in self._domain.cards)
        Facts(handle is not None, own is not None and own.shared, carriers).write(folder)
        for path in folder.iterdir():
            path.chmod(disks.READ_ONLY)

    def restore(self, folder: Path) -> None:
        """Put a saved machine in this one's place, from a folder that is not changed; one that was on comes up paused.

        The machine that is there loses its power. Raises `LabError`.
        """
        saved = Facts.read(folder)
        self._drop()
        for path in (*disks.chain(self._folder), self._domain.nvram):
            path.unlink(missing_ok=True)
        for path in disks.chain(folder):
            disks.link(path, self._folder)
        self._lay_over(None)
        checkpoint.copy_nvram(folder / checkpoint.NVRAM, self._domain.nvram)
        cards = zip(self._domain.cards, saved.carriers, strict=True)
        self._domain = replace(self._domain, cards=tuple(replace(card, carrier=carrier) for card, carrier in cards))
        if saved.on:
            self._take_over(folder, saved)

    def reach_by(self, session: Callable[[timedelta], SshSession]) -> None:
        """Say how a session on the machine is opened: a function of the longest time that may take."""
        self._session = session

    def run(self, command: Sequence[str], *, within: timedelta) -> Completed:
        """Run a command on the machine over SSH. Raises `LabError` where that can't be done or it fails."""
        if self._session is None:
            raise self.failed("has no system yet that could run a command")
        with self._session(OPEN_SESSION) as session:
            return session.run(command, within=within)

    def failed(self, message: str, *, phase: str | None = None) -> LabError:
        """Return the error that says what failed, with the console's last lines and where the evidence is."""
        return LabError(message, machine=self.name, phase=phase, console=self.console.tail(), evidence=self._evidence)

    def close(self) -> None:
        """Cut the power and keep what QEMU and the console said."""
        try:
            self._drop()
        finally:
            self.console.close()
            self.keeper.close()
            log = self._hypervisor.log_of(self.name)
            if log is not None and log.exists():
                shutil.copyfile(log, self._evidence / f"{self.name}.qemu.log")

    def _drop(self) -> None:
        """Cut the power of a machine whose disk nobody will read: its emulator has no time to write its caches back."""
        if self.is_on():
            self._hypervisor.kill(self.name)
            with contextlib.suppress(NotSeen):
                gone(f"{self.name}'s power", self.is_on, within=SEEN_DEAD, interval=LOOK)
            self.cut()

    def _take_over(self, folder: Path, saved: Facts) -> None:
        """Start an emulator that takes a saved machine's state, and its memory as its own."""
        own = Memory(folder / checkpoint.MEMORY, shared=False) if saved.memory else self._domain.memory
        if own.shared:
            memory.create(own.path, self.spec.memory)
        flags = self._hypervisor.libvirt.VIR_DOMAIN_START_PAUSED
        self._start(replace(self._domain, memory=own, incoming=True), flags, phase="restore")
        try:
            checkpoint.load_running(Monitor(self._find(), self.name), folder, saved, self.patience)
        except LabError as error:
            why = str(error).partition("\n")[0]
            raise self.failed(f"{why}; QEMU says: {self._last_words()}", phase="restore") from error

    def _last_words(self) -> str:
        """Return what the emulator has said since it was started, where this connection knows it."""
        log = self._hypervisor.log_of(self.name)
        told = log.read_text(errors="replace") if log is not None and log.exists() else ""
        since = told.rpartition("starting up libvirt")[2].splitlines()
        words = [line.partition("qemu-system-x86_64: ")[2] for line in since]
        return "; ".join(filter(None, words)) or "nothing"

    def _start(self, domain: Domain, flags: int, *, phase: str) -> None:
        self.keeper.forget()
        words, refused = domain.xml(), self._hypervisor.error

        def created() -> bool:
            try:
                return bool(self._hypervisor.connection.createXML(words, flags))
            except refused as error:
                if "already exists" in str(error) and self._find() is None:
                    return False  # libvirt finds it no more, but has still to strike it off its list
                raise self.failed(f"did not start: {error}", phase=phase) from error

        wait_until(f"{self.name} to be started", created, within=SEEN_DEAD, patience=self.patience, interval=LOOK)
        self._memory = domain.memory
        process = self._hypervisor.process_of(self.name)
        self.room = enlarge(process) if process is not None else Room(0, "the process of the emulator is not known")

    def _lay_over(self, handle: Any) -> None:  # noqa: ANN401 - libvirt has no types
        """Have all that is on the disk stay as it is: what is written from now on goes into a new file."""
        top = disks.next_in(self._folder)
        disks.create_overlay(top, disks.chain(self._folder)[-1], self.spec.disk)
        if handle is not None:
            libvirt = self._hypervisor.libvirt
            flags = libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY | libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA
            flags |= libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC | libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT
            self._do(lambda: handle.snapshotCreateXML(snapshot_xml(top), flags), "freeze its disk")
        self._domain = replace(self._domain, disk=top)

    def _find(self) -> Any:  # noqa: ANN401 - libvirt has no types
        """Return libvirt's handle, None where the machine is off. Raises `LabError` where libvirt can't tell."""
        libvirt = self._hypervisor.libvirt
        try:
            return self._hypervisor.connection.lookupByName(self.name)
        except libvirt.libvirtError as error:
            if error.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN:
                return None
            raise self.failed(f"is on or off, but libvirt does not say which: {error}") from error

    def _running(self) -> Any:  # noqa: ANN401 - libvirt has no types
        handle = self._find()
        if handle is None:
            raise self.failed("is off")
        return handle

    def _do(self, action: Callable[[], object], what: str) -> None:
        try:
            action()
        except self._hypervisor.error as error:
            raise self.failed(f"did not {what}: {error}") from error
