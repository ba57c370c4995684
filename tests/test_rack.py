"""What a rack does without power; with it, it is tried by the scenarios."""

from __future__ import annotations

import threading
from pathlib import Path

import libvirt
import pytest

from harness.errors import LabError
from harness.machines import disks
from harness.provisioning.deployment import SshHost
from tests.racks import put_in, rack


def test_a_machine_stands_in_it_off_with_a_blank_disk_and_no_door(tmp_path: Path) -> None:
    with rack(tmp_path) as made:
        put_in(made)
        machine = made.machines["node01"]
        assert not machine.is_on()
        assert [path.name for path in disks.chain(tmp_path / "1-node01")] == ["disk-0.qcow2"]
        assert made.doors(tmp_path) == {}


def test_blanking_forgets_installers_and_wipes_disks(tmp_path: Path) -> None:
    with rack(tmp_path) as made:
        put_in(made)
        made.installers["node01"] = SshHost("192.168.100.11", "ssh-ed25519 AAAA")
        (disk,) = disks.chain(tmp_path / "1-node01")
        disk.write_bytes(b"written")
        made.blank()
        assert made.installers == {}
        assert disk.read_bytes()[:4] == b"QFI\xfb"


def test_closing_leaves_no_console_behind(tmp_path: Path) -> None:
    with rack(tmp_path) as made:
        put_in(made)
        assert consoles()
    assert not consoles()


def test_a_disk_is_not_wiped_where_nobody_knows_whether_its_machine_is_on(tmp_path: Path) -> None:
    with rack(tmp_path) as made:
        put_in(made)
        hypervisor = made.workbench.hypervisor
        connection = hypervisor.connection
        hypervisor.connection = libvirt.open("test:///default")
        hypervisor.connection.close()  # as when libvirt's daemon has been restarted
        (disk,) = disks.chain(tmp_path / "1-node01")
        disk.write_bytes(b"written")
        with pytest.raises(LabError, match="node01: is on or off, but libvirt does not say which"):
            made.blank()
        assert disk.read_bytes() == b"written"
        hypervisor.connection = connection


def consoles() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith(("console", "terminal"))]
