"""Machines that wait in their installers come from a checkpoint, and can be installed from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.units import seconds

if TYPE_CHECKING:
    from harness.virtual_lab import VirtualLab

pytestmark = pytest.mark.lab("t036", start="installer")

WITHIN = 10 * seconds


def test_every_machine_waits_in_its_installer_with_a_blank_disk(lab: VirtualLab) -> None:
    for machine in lab.machines.values():
        assert machine.is_running()
        assert "harness.authorized_keys=" in machine.run(["cat", "/proc/cmdline"], within=WITHIN).text
        assert machine.run(["lsblk", "-nro", "NAME", "/dev/vda"], within=WITHIN).text.split() == ["vda"]


def test_one_that_comes_from_a_checkpoint_can_be_installed(lab: VirtualLab) -> None:
    lab.checkpoint("blank")
    lab.install("node01")
    assert lab.machines["node01"].run(["hostname"], within=WITHIN).text.strip() == "node01"
    assert lab.differences("node01") == []
    lab.restore("blank")
    assert lab.machines["node01"].run(["lsblk", "-nro", "NAME", "/dev/vda"], within=WITHIN).text.split() == ["vda"]
