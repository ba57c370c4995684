"""A switch without the kernel: devices that are queues, and a clock that is set."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from harness.network.ports import PortMode
from harness.network.switch import offload
from harness.network.switch.conditions import Conditions
from harness.network.switch.device import Unplugged
from harness.network.switch.fabric import Fabric, Link, Port
from harness.network.switch.recorder import Recorder


class Queue:
    """A device: what the machine sends is in `sends`, what it hears in `hears`."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.sends: deque[bytes] = deque()
        self.hears: list[bytes] = []
        self.takes = True
        self.gone = False
        self.carrier = True
        self.closed = False

    def fileno(self) -> int:
        return self.number

    def read(self) -> bytes:
        if self.gone:
            raise Unplugged
        if not self.sends:
            raise BlockingIOError
        return self.sends.popleft()

    def write(self, data: bytes) -> bool:
        if self.takes:
            self.hears.append(data)
        return self.takes

    def missed(self) -> int:
        return 0

    def set_carrier(self, *, on: bool) -> bool:
        self.carrier = on
        return True

    def close(self) -> None:
        self.closed = True


class Bench:
    """A fabric with queues for devices."""

    def __init__(self, folder: Path, *modes: PortMode) -> None:
        self.now = 0.0
        self.path = folder / "bench.pcapng"
        self.recorder = Recorder.create(self.path)
        self.fabric = Fabric(self.recorder, clock=lambda: self.now)
        self.devices = [Queue(number) for number in range(len(modes))]
        for device, mode in zip(self.devices, modes, strict=True):
            name = f"port{device.number}"
            number = device.number
            up, down = Conditions(f"{name}/up"), Conditions(f"{name}/down")
            link = self.fabric.links[number] = Link(number, name, up, down, self.recorder.link(name))
            self.fabric.plug(Port(number, device, link), mode, "switch")

    def move(self, number: int, mode: PortMode, switch: str) -> None:
        """Plug a device into another switch."""
        self.fabric.unplug(number)
        self.fabric.plug(Port(number, self.devices[number], self.fabric.links[number]), mode, switch)

    def send(self, number: int, frame: bytes, head: bytes = offload.PLAIN) -> None:
        self.devices[number].sends.append(head + frame)
        self.fabric.read(self.fabric.ports[number])

    def heard(self, number: int) -> list[bytes]:
        heard, self.devices[number].hears = self.devices[number].hears, []
        return [data[offload.LENGTH :] for data in heard]
