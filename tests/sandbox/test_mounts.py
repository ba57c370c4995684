"""Private mounts, where the root is a mount and in a chroot in a plain folder, tried with real mounts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import harness
from harness.sandbox import confined

pytestmark = pytest.mark.kernel

PYTHON_FOLDERS = ("/usr", "/lib", "/lib64", "/bin", sys.prefix, sys.base_prefix, str(Path(harness.__file__).parents[1]))
IN_A_CHROOT = """
set -eu
root=$1; shift
mount --make-rshared / 2>/dev/null || mount --bind / /
for folder in {folders}; do
    mkdir -p "$root$folder"
    mount --bind "$folder" "$root$folder"
done
mkdir -p "$root/proc" "$root/tmp" "$root/inner"
mount -t proc proc "$root/proc"
chroot "$root" "$@"
if [ -e "$root/inner/leaked" ]; then echo leaked; fi
"""
MOUNT = "mount -t tmpfs none /inner && touch /inner/leaked && ls /inner"


def test_what_is_mounted_inside_is_not_seen_outside(tmp_path: Path) -> None:
    script = f"mount -t tmpfs none {tmp_path} && touch {tmp_path}/inside && ls {tmp_path}"
    done = subprocess.run(confined.command(["sh", "-c", script]), capture_output=True, text=True, check=True)
    assert done.stdout == "inside\n"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_becomes_writable_and_what_is_in_it_stays(tmp_path: Path) -> None:
    for name in ("kept", "left-out"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "inside").write_text(name)
    (tmp_path / "file").write_text("a file")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nowhere")
    script = """
import sys
from pathlib import Path
from harness.sandbox import mounts
folder = Path(sys.argv[1])
mounts.make_writable(folder, without=("left-out",))
(folder / "new").touch()
(folder / "kept" / "more").touch()
print(*sorted(path.name for path in folder.iterdir()))
print((folder / "link").read_text(), (folder / "kept" / "inside").read_text(), (folder / "dangling").readlink())
"""
    words = confined.command([sys.executable, "-c", script, str(tmp_path)])
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("dangling file kept link new\na file kept nowhere\n", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "file", "kept", "left-out", "link"]
    assert (tmp_path / "kept" / "more").exists()


def test_in_a_chroot_in_a_plain_folder_too(tmp_path: Path) -> None:
    script = IN_A_CHROOT.format(folders=" ".join(PYTHON_FOLDERS))
    inner = [sys.executable, "-m", confined.__name__, "--pid", "--net", "sh", "-c", MOUNT]
    words = confined.command(["sh", "-c", script, "sh", str(tmp_path), *inner])
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "leaked\n"), done.stderr
