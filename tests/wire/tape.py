"""A network that is only its capture, which the test writes itself, as a recorder does: frames, then word of them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path

from harness.capture import notes
from harness.capture.files.pcapng import Writer
from harness.capture.naming import Names
from harness.capture.notes import Note
from harness.sandbox.waiting import HEALTHY, Patience
from harness.wire.wires import Wires

NODE1, NODE2, PXE = "52:54:00:00:01:01", "52:54:00:00:01:02", "52:54:00:00:00:01"
NAMES = Names({NODE1: "node01", NODE2: "node02", PXE: "pxe", "10.0.0.1": "pxe", "10.0.0.11": "node01"})
VLAN = {("node01/eth0", 0): "lan", ("node02/eth0", 0): "lan", ("pxe/lan", 0): "lan", ("node01/eth1", 7): "other"}
CARDS = {NODE1: "node01/eth0", NODE2: "node02/eth0", PXE: "pxe/lan"}
ADDRESSES = {NODE1: "10.0.0.11", NODE2: "10.0.0.12", PXE: "10.0.0.1"}


def arp(sender: str, target: str = "10.0.0.1", *, reply: bool = False) -> bytes:
    """Return an ARP packet from one of the machines."""
    mac = bytes.fromhex(sender.replace(":", ""))
    head = b"\x00\x01\x08\x00\x06\x04" + (b"\x00\x02" if reply else b"\x00\x01")
    own, other = (IPv4Address(one).packed for one in (ADDRESSES[sender], target))
    return b"\xff" * 6 + mac + b"\x08\x06" + head + mac + own + bytes(6) + other


class Tape:
    """The network. What is written is in the file at once, and whoever reads along is told."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "switch.pcapng"
        self._writer = Writer.create(self.path)
        self._lock = threading.Lock()
        self._links: dict[str, int] = {}
        self._reader: int | None = None
        self.flushes = 0
        self.on_their_way = 0
        """Frames of a machine that are not in the file yet: each flush brings one."""

    @property
    def captures(self) -> list[Path]:
        return [self.path]

    def flush(self) -> None:
        self.flushes += 1
        if self.on_their_way:
            self.on_their_way -= 1
            self.say(NODE1)

    def wake(self, descriptor: int) -> None:
        self._reader = descriptor

    def say(self, sender: str, data: bytes | None = None, *, link: str | None = None, at: int | None = None) -> None:
        """Write a frame from a machine."""
        self._write(link or CARDS[sender], data or arp(sender), at, "in")

    def note(self, note: Note, at: int | None = None) -> None:
        self._write(notes.LINK, notes.frame_of(note), at, None, notes.comment_of(note))

    def later(self, seconds: float, action: Callable[[], None]) -> threading.Timer:
        """Do something later, in a thread."""
        timer = threading.Timer(seconds, action)
        timer.start()
        return timer

    def close(self) -> None:
        self._writer.close()

    def _write(self, link: str, data: bytes, at: int | None, direction: str | None, comment: str | None = None) -> None:
        with self._lock:
            if link not in self._links:
                self._links[link] = self._writer.add_interface(link)
            when = time.time_ns() if at is None else at
            self._writer.write(data, when, self._links[link], direction=direction, comment=comment)  # type: ignore[arg-type]
            self._writer.flush()
            if self._reader is not None:
                os.eventfd_write(self._reader, 1)


def wires(tape: Tape, folder: Path, patience: Patience = HEALTHY) -> Wires:
    """Return the wires of a tape."""
    return Wires(tape, VLAN, NAMES, folder, patience)
