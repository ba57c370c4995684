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
from harness.network import kinds
from harness.network.protocol import MulticastAttachment, TapAttachment, UdpAttachment
from harness.sandbox import supervisor
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import NotSeen, Patience, gone, wait_until
from harness.topology.firmware import Firmware
from harness.topology.loader import load
from harness.units import seconds

evidence = Path(sys.argv[1])
lease = supervisor.enter()
topology = load(Path(sys.argv[2]))
network = kinds.create("multicast", topology, evidence, NetworkNamespace.current())
network.start()
hypervisor = connect(EMBEDDED, lease.folder / "v", evidence / "cache")
SLOW = Patience(10, "emulation")

group = topology.vlans[0].multicast

def machine(number=0, firmware=Firmware.UEFI, attachment=MulticastAttachment(group.group, group.port)):
    spec = topology.machines[number]
    return VirtualMachine(spec, hypervisor=hypervisor, attachments=[attachment], boot_card="eth0",
                          accelerator=Accelerator.TCG, firmware=firmware,
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
        for power in (protocol.PowerCut, protocol.Reset, protocol.Pause, protocol.Carrier):
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


LISTEN = """
import select, socket, subprocess
from ipaddress import IPv4Address
from harness.network.group import open_receiver
from harness.network.station import Station
from harness.network.tap import open_offloading

MAC = bytes.fromhex(topology.machines[0].nics[0].mac.replace(":", ""))
DHCP_REQUEST = bytes.fromhex("00440043")  # from port 68 to 67

def is_discover(frame):
    return frame[:12] == b"\\xff" * 6 + MAC and frame[34:38] == DHCP_REQUEST

def hears_the_guest(ear, receive):
    def look():
        ready, _, _ = select.select([ear], [], [], 0.5)
        return ready and any(map(is_discover, receive()))
    wait_until("a DHCP DISCOVER from the guest", look, within=10 * seconds, patience=SLOW)

def off_the_air(attachment, ear, receive):
    one = machine(attachment=attachment)
    one.on()
    hears_the_guest(ear, receive)
    one.close()
"""


def test_a_guest_s_card_is_plugged_into_a_udp_socket(evidence: Path) -> None:
    inside(
        evidence,
        LISTEN
        + """
ear, free = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
ear.bind(("127.0.0.1", 0)); free.bind(("127.0.0.1", 0))
local = free.getsockname()[1]
free.close()
ear.connect(("127.0.0.1", local))  # hears the guest's own port only
off_the_air(UdpAttachment(IPv4Address("127.0.0.1"), ear.getsockname()[1], local), ear, lambda: [ear.recv(65536)])
""",
    )


def test_a_guest_s_card_is_plugged_into_a_multicast_group(evidence: Path) -> None:
    inside(
        evidence,
        LISTEN
        + """
ear = open_receiver(group, except_port=1)
off_the_air(MulticastAttachment(group.group, group.port), ear, lambda: [ear.recv(65536)])
""",
    )


def test_a_guest_s_card_is_plugged_into_a_tap_device(evidence: Path) -> None:
    inside(
        evidence,
        LISTEN
        + """
os.close(open_offloading("port0"))  # it stays, for QEMU to open
subprocess.run(["ip", "link", "set", "port0", "up"], check=True)
with Station(NetworkNamespace.current(), "port0") as ear:
    off_the_air(TapAttachment("port0"), ear._socket, lambda: [heard.frame for heard in ear.hear()])
""",
    )


def test_firmware_finds_no_network_while_the_cable_is_out(evidence: Path) -> None:
    inside(
        evidence,
        """
        one = machine()
        one.set_carrier("eth0", on=False)
        one.on()
        one.console.wait_for("Could not detect network connection", within=6 * seconds, patience=SLOW)
        assert not one.console.find("Start PXE")

        one.set_carrier("eth0", on=True)
        start = len(one.console)
        one.reset()
        boots(one, start)

        one.set_carrier("eth0", on=False)
        one.cut()
        start = len(one.console)
        one.on()
        one.console.wait_for("Could not detect network connection", start=start, within=6 * seconds, patience=SLOW)
        try: one.set_carrier("eth9", on=True)
        except LabError as error: assert "node01: has no network card 'eth9', only eth0" in str(error), error
        else: raise AssertionError("a card that is not there got a carrier")
        one.close()
        """,
    )
