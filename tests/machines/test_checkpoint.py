"""One real guest, saved and put back: a kernel and a shell in its memory, a word there and another one on its disk."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from harness.errors import LabError
from harness.images import store
from harness.machines.checkpoint import Facts

T036 = Path(__file__).parent.parent.parent / "scenarios" / "topologies" / "t036.yaml"

PREPARE = """
import os, sys
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from harness.errors import LabError
from harness.machines import disks, protocol
from harness.machines.accelerator import Accelerator
from harness.machines.domain import Kernel
from harness.machines.hypervisor import EMBEDDED, connect
from harness.machines.monitor import Monitor
from harness.machines.virtual import VirtualMachine
from harness.network.protocol import UdpAttachment
from harness.sandbox import supervisor
from harness.sandbox.waiting import Patience
from harness.topology.firmware import Firmware
from harness.topology.loader import load
from harness.units import MiB, seconds

evidence, topology = Path(sys.argv[1]), load(Path(sys.argv[2]))
kernel = Kernel(Path(sys.argv[3]), Path(sys.argv[4]), "console=ttyS0 rdinit=/bin/sh quiet")
lease = supervisor.enter()
hypervisor = connect(EMBEDDED, lease.folder / "v", evidence / "cache")
SLOW = Patience(10, "emulation")
WITHIN = 10 * seconds
DEVICES = "mount -t sysfs s /sys; mount -t devtmpfs d /dev; modprobe virtio_pci; modprobe virtio_blk"

def machine():
    spec = topology.machines[0].model_copy(update={"memory": 256 * MiB})
    made = VirtualMachine(spec, hypervisor=hypervisor, boot_card=None, accelerator=Accelerator.TCG,
                          attachments=[UdpAttachment(IPv4Address("127.0.0.1"), 4000, 4001)],
                          firmware=Firmware.BIOS, folder=lease.folder / "m", evidence=evidence, patience=SLOW)
    made._domain = replace(made._domain, kernel=kernel)
    return made

def ask(command):
    start = len(one.console)
    one.console.send(f"{command}; echo answer[$?]\\n")
    one.console.wait_for(r"^answer\\[0\\]", start=start, within=WITHIN, patience=SLOW)
    return [line.text for line in one.console.lines(start)]

def shell():
    one.on()
    one.console.wait_for("#", within=WITHIN, patience=SLOW)
    ask(DEVICES)

def save(name):
    one.pause()
    one.save(lease.folder / name)
    one.resume()
    return lease.folder / name

def restore(folder):
    one.restore(folder)
    one.resume()

def refused(word, action, *arguments):
    try: action(*arguments)
    except LabError as error: assert word in str(error), error
    else: raise AssertionError(f"{action} was not refused")

def content(folder):
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}

one = machine()
"""


@pytest.fixture(scope="module")
def kernel() -> list[str]:
    image = store.ensure("installer")
    return [str(image.file("kernel")), str(image.file("initrd"))]


def inside(evidence: Path, kernel: list[str], body: str) -> None:
    script = PREPARE + textwrap.dedent(body)
    command = [sys.executable, "-c", script, str(evidence), str(T036), *kernel]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.kernel
@pytest.mark.guest
def test_a_machine_is_saved_and_put_back_as_often_as_wanted(tmp_path: Path, kernel: list[str]) -> None:
    inside(
        tmp_path,
        kernel,
        """
        assert isinstance(one, protocol.Checkpointable)
        shell()
        ask("word=first; echo first-on-disk >/dev/vda; sync")
        saved = save("saved")
        before = content(saved)
        assert (saved / "memory").stat().st_blocks * 512 < 200 * MiB
        assert all(path.stat().st_mode & 0o222 == 0 for path in saved.iterdir())

        # It goes on, and what it does from now on is not in the checkpoint.
        assert "first" in ask("echo $word")
        ask("word=second; echo second-on-disk >/dev/vda; sync")
        for _ in range(2):
            restore(saved)
            assert "first" in ask("echo $word")
            assert "first-on-disk" in ask("head -n 1 /dev/vda")
            ask("word=third; echo third-on-disk >/dev/vda; sync")

        # A clone is saved, too: it has no file of its own.
        again = save("again")
        assert not (again / "memory").exists()
        ask("word=fourth")
        restore(again)
        assert "third" in ask("echo $word")
        assert "third-on-disk" in ask("head -n 1 /dev/vda")
        last = save("last")
        assert (last / "memory").exists()
        restore(last)
        assert "third" in ask("echo $word")
        assert content(saved) == before
        one.close()
        """,
    )
    assert (tmp_path / "node01.console.log").read_text().count("echo $word") == 5


@pytest.mark.kernel
@pytest.mark.guest
def test_what_can_t_be_saved_or_put_back_says_why(tmp_path: Path, kernel: list[str]) -> None:
    inside(
        tmp_path,
        kernel,
        """
        shell()
        refused("pause it first", one.save, lease.folder / "running")
        refused("no-such-command", Monitor(one._find(), "node01"), "no-such-command")
        saved = save("saved")
        state = (saved / "state").read_bytes()
        (saved / "state").unlink()
        (saved / "state").write_bytes(state[: len(state) // 2])
        refused("node01", one.restore, saved)
        refused("holds no saved machine", one.restore, lease.folder)
        one.cut()
        one.save(lease.folder / "off")
        one.wipe()
        one.restore(lease.folder / "off")
        assert not one.is_on()
        assert len(disks.chain(lease.folder / "m")) == 3
        one.close()
        """,
    )


@pytest.mark.kernel
@pytest.mark.guest
def test_a_checkpoint_that_is_not_what_was_saved_is_refused_with_what_qemu_says(
    tmp_path: Path, kernel: list[str]
) -> None:
    inside(
        tmp_path,
        kernel,
        """
        def forged(name, change):
            source = saved / name
            content = source.read_bytes()
            source.unlink()
            source.write_bytes(change(content))
            return content

        shell()
        saved = save("saved")
        before = forged("state", lambda state: state.replace(b"pc-q35-7", b"pc-q35-9"))
        refused("pc-q35-9", one.restore, saved)
        assert not one.is_running()
        forged("state", lambda _: before)
        before = forged("memory", lambda memory: memory[: len(memory) // 2])
        refused("size", one.restore, saved)
        assert not one.is_on()
        forged("memory", lambda _: before)
        restore(saved)
        ask("true")
        one.close()
        """,
    )


@pytest.mark.kernel
@pytest.mark.guest
@pytest.mark.parametrize("room", ["8k", "16m"])
def test_a_disk_that_fills_up_leaves_nothing_and_does_the_machine_no_harm(
    tmp_path: Path, kernel: list[str], room: str
) -> None:
    inside(
        tmp_path,
        kernel,
        f"""
        from harness import checkpoints
        from harness.errors import HarnessError, HostError
        from harness.sandbox import linux

        small = lease.folder / "small"
        small.mkdir()
        linux.mount("small", small, "tmpfs", data="size={room}")
        shell()
        ask("word=kept")
        try: checkpoints.save({{"node01": one}}, small / "saved")
        except HarnessError as error: print(error)
        else: raise AssertionError("there was room")
        assert not (small / "saved").exists()
        assert one.is_running()
        assert "kept" in ask("echo $word")
        checkpoints.save({{"node01": one}}, lease.folder / "saved")
        checkpoints.restore({{"node01": one}}, lease.folder / "saved")
        assert "kept" in ask("echo $word")
        one.close()
        """,
    )


def test_facts_are_read_as_they_were_written(tmp_path: Path) -> None:
    facts = Facts(on=True, memory=False, carriers=(True, False))
    facts.write(tmp_path)
    assert Facts.read(tmp_path) == facts


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"on": true, "memory": true, "carriers": 1}'])
def test_what_is_not_ours_holds_no_machine(tmp_path: Path, text: str) -> None:
    (tmp_path / "machine.json").write_text(text)
    with pytest.raises(LabError, match="holds no saved machine"):
        Facts.read(tmp_path)
