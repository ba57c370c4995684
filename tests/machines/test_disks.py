from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from harness.errors import HostError, LabError
from harness.machines.disks import chain, create_blank, create_overlay, link, next_in
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
    create_overlay(overlay, base, GiB)
    assert info(overlay)["virtual-size"] == GiB
    assert info(overlay)["backing-filename"] == "base.qcow2"


def test_an_overlay_in_no_folder_is_an_error_that_says_which_disk(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"overlay\.qcow2 was not made: .*No such file"):
        create_overlay(tmp_path / "none" / "overlay.qcow2", tmp_path / "base.qcow2", GiB)


def test_a_chain_is_in_order_and_whole_in_another_folder(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    create_blank(next_in(here), GiB)
    for _ in range(11):  # by number, not by letter
        create_overlay(next_in(here), chain(here)[-1], GiB)
    assert [path.name for path in chain(here)] == [f"disk-{number}.qcow2" for number in range(12)]
    for path in chain(here):
        link(path, there)
    command = ["qemu-img", "info", "--backing-chain", "--output=json", str(chain(there)[-1])]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert [Path(one["filename"]) for one in reversed(found)] == chain(there)


def test_no_program_is_a_host_s_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(HostError, match="no program qemu-img: apt-get install qemu-utils"):
        create_blank(tmp_path / "disk.qcow2", GiB)
