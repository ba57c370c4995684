"""What all links of a network of bridges share: the kernel's sockets, the filter's table, the recorder, the changes."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING

from harness.errors import LabError
from harness.network.bridge import filter as rules
from harness.network.bridge.nftables import Nftables, Refused
from harness.network.protocol import Change

if TYPE_CHECKING:
    from harness.capture.notes import Note
    from harness.network.bridge.features import Features
    from harness.network.bridge.filter import Listing
    from harness.network.bridge.netlink import Netlink
    from harness.network.bridge.plant import Plant, Port
    from harness.network.bridge.recorder_process import RecorderProcess
    from harness.sandbox.netns import NetworkNamespace


class Control:
    """Commands to one namespace's kernel, and what was done by them."""

    def __init__(
        self,
        place: NetworkNamespace,
        features: Features,
        plant: Plant,
        recorder: RecorderProcess,
        *,
        table: str,
        seed: int,
    ) -> None:
        self.features = features
        self.plant = plant
        self.recorder = recorder
        self.table = table
        self.seed = seed
        self.lock = threading.RLock()
        self.changes: list[Change] = []
        self._nftables = Nftables(place)

    @property
    def netlink(self) -> Netlink:
        """The route netlink socket."""
        return self.plant.netlink

    def run(self, commands: str) -> None:
        """Run commands of the filter. Raises `LabError` where it refuses: somebody else changed the network's table."""
        try:
            self._nftables.run(commands)
        except Refused as error:
            raise LabError(f"the packet filter of the bridges refused {commands.strip()!r}: {error}") from error

    def listing(self) -> Listing:
        """Return what the filter has counted, and what it cuts. Raises `LabError` where its table is gone."""
        return rules.read(self.read(f"list table bridge {self.table}"))

    def read(self, command: str) -> list[dict[str, object]]:
        """Return what a command lists. Raises `LabError` where that is gone."""
        try:
            return self._nftables.read(command)
        except Refused as error:
            raise LabError(f"the packet filter of the bridges refused {command!r}: {error}") from error

    def has(self, port: Port) -> bool:
        """Say whether a device is still there."""
        return self.plant.has(port)

    def flush(self) -> int:
        """Bring the capture on disk up to date; returns how many frames were lost to it."""
        return self.recorder.tell("flush")

    def note(self, note: Note) -> None:
        """Have the capture say what was done just now."""
        self.recorder.tell("note", note=note._asdict())

    def changed(self, command: str, **arguments: object) -> None:
        """Note that something was done, just now."""
        plain = {name: asdict(value) if is_dataclass(value) else value for name, value in arguments.items()}  # type: ignore[arg-type]
        self.changes.append(Change(time.time_ns(), command, plain))
