"""A real guest, in a sandbox of its own: firmware on a blank disk, and every button that a machine has."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = [pytest.mark.kernel, pytest.mark.guest]

PREPARE = """
import os, sys
from pathlib import Path
from harness.errors import LabError
from harness.machines import protocol
from harness.machines.accelerator import Accelerator
from harness.machines.hypervisor import EMBEDDED, connect
from harness.machines.virtual import VirtualMachine
from harness.network.multicast import MulticastNetwork
from harness.sandbox import supervisor
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import NotSeen, Patience, gone, wait_until
from harness.topology.firmware import Firmware
from harness.topology.loader import load
from harness.units import seconds

evidence = Path(sys.argv[1])
lease = supervisor.enter()
topology = load(Path(sys.argv[2]))
network = MulticastNetwork(topology, evidence, NetworkNamespace.current())
network.start()
hypervisor = connect(EMBEDDED, lease.folder / "v", evidence / "cache")
SLOW = Patience(10, "emulation")

def machine(number=0, firmware=Firmware.UEFI):
    spec = topology.machines[number]
    return VirtualMachine(spec, hypervisor=hypervisor, network=network, accelerator=Accelerator.TCG, firmware=firmware,
                          folder=lease.folder / spec.name, evidence=evidence, patience=SLOW)

def boots(machine, start=0):
    return machine.console.wait_for("PXE", start=start, within=6 * seconds, patience=SLOW)
"""
T036 = Path(__file__).parent.parent.parent / "scenarios" / "topologies" / "t036.yaml"


def inside(evidence: Path, body: str) -> None:
    script = PREPARE + textwrap.dedent(body)
    command = [sys.executable, "-c", script, str(evidence), str(T036)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    folder = tmp_path / "evidence"
    folder.mkdir()
    return folder


def test_every_button_does_what_it_says(evidence: Path) -> None:
    inside(
        evidence,
        """
        one = machine()
        assert isinstance(one, protocol.Machine)
        for power in (protocol.PowerCut, protocol.Reset, protocol.Pause):
            assert isinstance(one, power)
        assert not isinstance(one, protocol.Kill)

        assert not one.is_on()
        one.cut()  # cutting what is off is harmless
        one.on(); one.on()
        assert one.is_on()
        boots(one)

        try: one.wipe()
        except LabError as error: assert "only when it is off" in str(error), error
        else: raise AssertionError("a running machine was wiped")

        one.pause()
        try: one.console.wait_for("BdsDxe", start=len(one.console), within=1 * seconds)
        except NotSeen: pass
        one.resume()

        start = len(one.console)
        one.reset()
        boots(one, start)

        one.cut()
        assert not one.is_on()
        one.wipe()
        start = len(one.console)
        one.on()
        boots(one, start)
        one.close()
        network.stop()
        """,
    )
    console = (evidence / "node01.console.log").read_text()
    assert console.count(">>Start PXE over IPv4") == 3
    assert (evidence / "node01.qemu.log").read_text().count('"romfile":""') == 2


def test_what_can_t_be_done_says_why(evidence: Path) -> None:
    inside(
        evidence,
        """
        one = machine()
        for button in (one.reset, one.pause, one.resume):
            try: button()
            except LabError as error: assert "node01: is off" in str(error) and str(evidence) in str(error), error
            else: raise AssertionError("a button worked without power")
        try: one.run(["true"], within=1 * seconds)
        except LabError as error: assert "has no system yet" in str(error), error
        other = machine(1)
        other._domain.disk.unlink()
        try: other.on()
        except LabError as error: assert "node02, phase power-on: did not start" in str(error), error
        else: raise AssertionError("a machine started without its disk")
        """,
    )


def test_under_bios_the_card_s_rom_is_ipxe(evidence: Path) -> None:
    inside(
        evidence,
        """
        one = machine(firmware=Firmware.BIOS)
        one.on()
        one.console.wait_for("iPXE", within=6 * seconds, patience=SLOW)
        one.close()
        """,
    )
