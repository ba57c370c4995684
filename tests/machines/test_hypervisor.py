from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from harness.errors import HostError
from harness.machines.hypervisor import EMBEDDED, _prepare_root, connect
from harness.sandbox import confined


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
    root = Path(tempfile.mkdtemp(dir="/var/tmp"))  # libvirt's sockets need a short path
    try:
        for _ in range(2):  # a second lab tries again what a first one could not do
            _prepare_root(root, tmp_path / "cache")
        assert 'security_driver = "none"' in (root / "etc" / "qemu.conf").read_text()
        assert (root / "cache").resolve() == tmp_path / "cache"
    finally:
        for path in (root / "etc" / "qemu.conf", root / "cache"):
            path.unlink()
        for path in (root / "etc", root / "run", root):
            path.rmdir()
    assert EMBEDDED == "qemu:///embed"


HUGE = """
import sys, tempfile
from pathlib import Path
from harness.machines import hypervisor
from harness.sandbox import linux
huge, cache = (Path(word) for word in sys.argv[1:])
linux.mount("none", huge, "hugetlbfs")
with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="h") as root:
    hypervisor.connect(hypervisor.EMBEDDED, Path(root, "v"), cache)
    print(list(huge.iterdir()))
"""


@pytest.mark.kernel
@pytest.mark.skipif("hugetlbfs" not in Path("/proc/filesystems").read_text(), reason="the kernel has no huge pages")
def test_libvirt_makes_nothing_among_the_host_s_huge_pages(tmp_path: Path) -> None:
    (tmp_path / "huge").mkdir()
    words = [sys.executable, "-c", HUGE, str(tmp_path / "huge"), str(tmp_path / "cache")]
    done = subprocess.run(confined.command(words, pid=True), capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("[]\n", "")
