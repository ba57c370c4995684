from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import HostError
from harness.machines.hypervisor import EMBEDDED, _prepare_root, connect


def test_a_root_with_a_long_path_is_refused_before_libvirt_fails_on_a_socket(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="too long for libvirt's sockets: choose a --lab-dir"):
        _prepare_root(tmp_path / ("x" * 60), tmp_path / "cache")


def test_a_missing_account_is_named_with_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.machines.hypervisor.ACCOUNT", "no-such-account")
    monkeypatch.setattr("harness.machines.hypervisor.LONGEST_ROOT", 200)
    with pytest.raises(HostError, match="no-such-account does not exist: install libvirt-daemon-system"):
        _prepare_root(tmp_path, tmp_path / "cache")


def test_a_driver_that_is_not_there_is_a_host_s_error(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="libvirt can't open nosuch:///system"):
        connect("nosuch:///system", tmp_path, tmp_path)


def test_the_embedded_root_says_who_runs_guests_and_keeps_its_cache_elsewhere(tmp_path: Path) -> None:
    root = Path(f"/var/tmp/{tmp_path.name}")
    root.mkdir()
    try:
        _prepare_root(root, tmp_path / "cache")
        assert 'security_driver = "none"' in (root / "etc" / "qemu.conf").read_text()
        assert (root / "cache").resolve() == tmp_path / "cache"
    finally:
        for path in (root / "etc" / "qemu.conf", root / "cache"):
            path.unlink()
        for path in (root / "etc", root / "run", root):
            path.rmdir()
    assert EMBEDDED == "qemu:///embed"
