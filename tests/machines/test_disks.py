from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from harness.errors import HostError, LabError
from harness.machines.disks import create_blank, create_overlay
from harness.units import GiB, MiB


def info(path: Path) -> dict[str, object]:
    out = subprocess.run(["qemu-img", "info", "--output=json", str(path)], capture_output=True, check=True).stdout
    parsed: dict[str, object] = json.loads(out)
    return parsed


def test_a_blank_disk_is_large_and_takes_no_room(tmp_path: Path) -> None:
    disk = tmp_path / "disk.qcow2"
    create_blank(disk, 100 * GiB)
    assert info(disk)["virtual-size"] == 100 * GiB
    assert disk.stat().st_blocks * 512 < MiB


def test_an_overlay_shows_its_base(tmp_path: Path) -> None:
    base, overlay = tmp_path / "base.qcow2", tmp_path / "overlay.qcow2"
    create_blank(base, GiB)
    create_overlay(overlay, base)
    assert info(overlay)["virtual-size"] == GiB
    assert info(overlay)["backing-filename"] == str(base)


def test_no_base_is_an_error_that_says_which_disk(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"overlay\.qcow2 was not made: .*No such file"):
        create_overlay(tmp_path / "overlay.qcow2", tmp_path / "none.qcow2")


def test_no_program_is_a_host_s_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(HostError, match="install the package qemu-utils"):
        create_blank(tmp_path / "disk.qcow2", GiB)
