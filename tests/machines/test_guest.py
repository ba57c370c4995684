"""One real guest: what is done to its processes, disk, clock and memory, from inside and from outside."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from harness.images import store

pytestmark = [pytest.mark.kernel, pytest.mark.guest]

T036 = Path(__file__).parents[2] / "scenarios/topologies/t036.yaml"

BODY = """
import base64, contextlib, shlex, signal, sys, time
from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
from harness.errors import LabError
from harness.faults.catalogue import CATALOGUE
from harness.faults.words import fault_of
from harness.machines import protocol
from harness.machines.accelerator import Accelerator
from harness.machines.domain import Kernel
from harness.machines.hypervisor import EMBEDDED, connect
from harness.machines.commands import Completed
from harness.machines.virtual import VirtualMachine
from harness.network.protocol import UdpAttachment
from harness.sandbox import supervisor
from harness.sandbox.waiting import Patience, wait_until
from harness.topology.firmware import Firmware
from harness.topology.loader import load
from harness.units import MiB, seconds

evidence, topology = Path(sys.argv[1]), load(Path(sys.argv[2]))
kernel = Kernel(Path(sys.argv[3]), Path(sys.argv[4]), "console=ttyS0 rdinit=/bin/sh quiet")
lease = supervisor.enter()
SLOW = Patience(10, "emulation")
DEVICES = "mount -t sysfs s /sys; mount -t devtmpfs d /dev; mount -t proc p /proc; stty -echo; PS1= PS2="
DISK = "modprobe virtio_pci; modprobe virtio_blk; modprobe ext4"
DATA = "mkfs.ext4 -q /dev/vda 1G; mkdir -p /var/lib /run; mount /dev/vda /var/lib"

spec = topology.machines[0].model_copy(update={"memory": 256 * MiB})
one = VirtualMachine(spec, hypervisor=connect(EMBEDDED, lease.folder / "v", evidence / "cache"), boot_card=None,
                     accelerator=Accelerator.TCG, attachments=[UdpAttachment(IPv4Address("127.0.0.1"), 4000, 4001)],
                     firmware=Firmware.BIOS, folder=lease.folder / "m", evidence=evidence, patience=SLOW)
one._domain = replace(one._domain, kernel=kernel)

class Shell:
    "The guest's console, as a session: there is no SSH server in this guest."

    def run(self, command, *, within):
        script = base64.b64encode(shlex.join(command).encode()).decode()
        start, began = len(one.console), time.monotonic()
        one.console.send(f"echo {script} | base64 -d >/c; sh /c </dev/null >/o; s=$?; echo; echo answer[$s]\\n")
        one.console.send("cat /o; echo over\\n")
        one.console.wait_for("^over", start=start, within=within, patience=SLOW)
        lines = [line.text for line in one.console.lines(start)]
        first = next(number for number, line in enumerate(lines) if line.startswith("answer["))
        output = "".join(f"{line}\\n" for line in lines[first + 1 : lines.index("over")])
        if lines[first] != "answer[0]":
            raise LabError(f"{command}: {lines}", machine="node01")
        return Completed(tuple(command), 0, output.encode(), b"", timedelta(seconds=time.monotonic() - began))

class Rig:
    topology = topology
    machines = {"node01": one}
    def machines_of(self, *names):
        return names

@contextlib.contextmanager
def session(within):
    yield Shell()

@contextlib.contextmanager
def fault(words):
    made = fault_of(words.split())
    assert not made.problems(Rig()), made.problems(Rig())
    began = time.monotonic()
    injected = made.inject(Rig())
    print(f"{words}: in force after {time.monotonic() - began:.3f} s", flush=True)
    yield injected
    injected.heal()
    print(f"{words}: {injected.proof()}", flush=True)
    assert injected.proof().bit, (words, str(injected.proof()))

def ask(command):
    return one.run(["sh", "-c", command], within=10 * seconds).text.strip()

one.on()
one.console.wait_for("#", within=10 * seconds, patience=SLOW)
one.console.send(f"{DEVICES}; {DISK}; {DATA}; echo ready\\n")
one.console.wait_for("^ready", within=20 * seconds, patience=SLOW)
one.reach_by(session)
for power in (protocol.Processes, protocol.ServiceControl, protocol.Throttle, protocol.ReadOnlyDisk, protocol.Clock,
              protocol.OwnMemory):
    assert isinstance(one, power), power
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    image = store.ensure("installer")
    script = BODY + textwrap.dedent(PART)
    files = [str(T036), str(image.file("kernel")), str(image.file("initrd"))]
    command = [sys.executable, "-c", script, str(tmp_path_factory.mktemp("evidence")), *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


PART = """
# Processes.
pid = ask("setsid sleep 600 >/dev/null 2>&1 & echo $!")
assert one.find_processes("sleep") == [int(pid)]
with fault("pause-process node01 sleep"):
    assert one.process_states([int(pid)]) == {int(pid): "T"}
assert one.process_states([int(pid)]) == {int(pid): "S"}
with fault("kill node01 sleep"):
    assert one.process_states([int(pid)]) in ({}, {int(pid): "Z"})
with fault("pause node01"):
    pass

# The disk.
assert one.try_write() == ""
with fault("disk-full node01"):
    assert "No space left" in one.try_write(), one.try_write()
assert one.try_write() == ""
SYNC = "dd if=/dev/zero of=/var/lib/f bs=64k count=1 conv=fsync; touch /done"
SYNCED = f"setsid sh -c '{SYNC}' >/dev/null 2>&1 &"
with fault("disk-stall node01") as stalled:
    assert stalled.proof().bit is False, "nobody has written"
    ask(SYNCED)
    wait_until("the write to wait", lambda: stalled.proof().bit, within=10 * seconds, patience=SLOW)
    ask("sleep 1")
    assert ask("ls /done 2>/dev/null || true") == ""
wait_until("the write to end", lambda: ask("ls /done 2>/dev/null || true"), within=10 * seconds, patience=SLOW)
with fault("disk-slow node01 requests=5"):
    began = time.monotonic()
    for number in range(4):
        assert one.try_write() == ""
    assert time.monotonic() - began > 0.5

# The clock.
assert abs(one.read_clock().ahead) < 60 * seconds
before = one.read_clock().ahead
with fault("clock-jump node01 60min"):
    assert 3500 * seconds < one.read_clock().ahead - before < 3700 * seconds
with fault("clock-jump node01 90s way=back"):
    assert one.read_clock().ahead - before < -60 * seconds
with fault("clock-drift node01 ppm=100000") as drifting:
    wait_until("the drift to show", lambda: drifting.proof().bit, within=30 * seconds, patience=SLOW)
assert "10000" in ask("busybox adjtimex | grep tick"), ask("busybox adjtimex")
assert abs(one.read_clock().ahead - before) < 5 * seconds

# Pressure.
free = one.available_memory()
with fault("memory-pressure node01 share=80%"):
    assert one.available_memory() < free / 2
assert one.available_memory() > free * 0.8
with fault("cpu-pressure node01 processes=2"):
    ask("sleep 0.5")
assert ask("grep -c . /proc/mounts")

# A disk that went read-only is written again after a restart only.
WRITER = "while sleep 0.1; do dd if=/dev/zero bs=4096 count=1 conv=fsync || touch /failed; done"
writer = ask(f"setsid sh -c '{WRITER}' >/var/lib/open 2>/dev/null & echo $!")
with fault("disk-read-only node01"):
    assert "Read-only file system" in one.try_write()
    wait_until("an open file to refuse, too", lambda: ask("ls /failed || true"), within=10 * seconds, patience=SLOW)

# The reset button: the emulator says that it was pressed.
with fault("reset node01"):
    pass
one.close()
"""


@pytest.mark.parametrize(
    "words",
    [
        "pause-process node01 sleep",
        "kill node01 sleep",
        "pause node01",
        "disk-full node01",
        "disk-read-only node01",
        "disk-stall node01",
        "disk-slow node01 requests=5",
        "clock-jump node01 60min",
        "clock-jump node01 90s way=back",
        "clock-drift node01 ppm=100000",
        "memory-pressure node01 share=80%",
        "cpu-pressure node01 processes=2",
        "reset node01",
    ],
)
def test_a_fault_of_a_guest_bites(said: str, words: str) -> None:
    assert f"{words}: it bit: " in said
