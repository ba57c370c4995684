"""A rack of one small machine that is never switched on: libvirt's own test driver stands where QEMU's would be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import libvirt

from harness.assembly import Assembly
from harness.machines.accelerator import Accelerator
from harness.machines.hypervisor import Hypervisor
from harness.network.protocol import TapAttachment
from harness.rack import Rack
from harness.sandbox.lease import Lease
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import HEALTHY
from harness.topology.firmware import Firmware
from harness.topology.loader import load
from harness.workbench import Settings, Workbench
from tests.tiny import TOPOLOGY


@contextmanager
def rack(folder: Path, *, checkpoints: str = "auto") -> Iterator[Rack]:
    """Give a rack with nothing in it, whose folders are in this one."""
    (folder / "tiny.yaml").write_text(TOPOLOGY)
    topology = load(folder / "tiny.yaml")
    assert topology.boot_server is not None
    assert topology.stack is not None
    settings = Settings(firmware=Firmware.BIOS, checkpoints=checkpoints)
    connection = libvirt.open("test:///default")
    with NetworkNamespace.current() as namespace:
        bench = Workbench(settings, Lease(folder), namespace, folder / "evidence")
        vars(bench).update(
            accelerator=Accelerator.TCG, hypervisor=Hypervisor(connection, libvirt, None), memory=folder / "memory"
        )
        assembly = Assembly.of(topology, topology.boot_server, topology.stack, settings.firmware)
        made = Rack(assembly, bench, folder / "evidence", HEALTHY)
        try:
            yield made
        finally:
            made.close()
            connection.close()


def put_in(made: Rack) -> None:
    """Put the topology's machine into a rack."""
    (spec,) = made.assembly.topology.machines
    made.add(spec, [TapAttachment("tap0")], lambda _: None)
