from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.kernel

BODY = """
import sys
from pathlib import Path
from harness.machines.data_tmpfs import DataTmpfs
from harness.sandbox import linux

linux.unshare(linux.CLONE_NEWNS)
linux.mount("none", "/", "", linux.MS_REC | linux.MS_PRIVATE)
folder = Path(sys.argv[1]) / "data"
data = DataTmpfs.mount(folder)
(folder / "there").write_bytes(bytes(1 << 20))
assert data.try_write() == ""
data.fill()
assert data.try_write() == "No space left on device"
assert (folder / "there").stat().st_size == 1 << 20
data.free()
data.free()
assert data.try_write() == ""
assert [path.name for path in folder.iterdir()] == ["there"]
"""


def test_it_is_full_until_it_is_freed_and_keeps_what_is_on_it(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", BODY, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not any((tmp_path / "data").iterdir()), "it was mounted in a namespace of its own"
