from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import HostError
from harness.machines.firmware import ovmf


def test_what_is_missing_is_named_with_its_package(tmp_path: Path) -> None:
    (tmp_path / "OVMF_CODE_4M.fd").touch()
    with pytest.raises(HostError, match=r"^no file .*OVMF_VARS_4M\.fd: apt-get install ovmf, or run ci/setup$"):
        ovmf(tmp_path)


def test_both_files_are_found(tmp_path: Path) -> None:
    for name in ("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"):
        (tmp_path / name).touch()
    assert ovmf(tmp_path).variables == tmp_path / "OVMF_VARS_4M.fd"
