from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.errors import HostError
from harness.sandbox import confined
from harness.sandbox.lease import OWNER, reclaim, survey, take

PREAMBLE = """
import os, subprocess, sys
from pathlib import Path
import pytest
from harness.errors import HostError
from harness.sandbox import linux
from harness.sandbox.lease import reclaim, survey, take
root = Path(sys.argv[1])
"""


def test_a_lease_is_a_private_folder_that_says_whose_it_is(tmp_path: Path) -> None:
    lease = take(tmp_path)
    assert lease.folder.parent == tmp_path
    assert lease.folder.stat().st_mode & 0o777 == 0o700
    assert str(os.getpid()) in (lease.folder / OWNER).read_text()
    lease.end()


def test_the_living_are_not_reclaimed(tmp_path: Path) -> None:
    lease = take(tmp_path)
    assert reclaim(tmp_path) == []
    assert lease.folder.is_dir()
    lease.end()


def test_the_dead_are_reclaimed_with_all_they_left(tmp_path: Path) -> None:
    dead, living = take(tmp_path), take(tmp_path)
    (dead.folder / "machine").mkdir()
    (dead.folder / "machine" / "disk").write_text("x")
    os.close(dead.lock)  # what the kernel does when the holder dies
    assert reclaim(tmp_path) == [dead.folder]
    assert not dead.folder.exists()
    assert living.folder.exists()
    living.end()


def test_nothing_to_reclaim_where_there_never_was_a_lease(tmp_path: Path) -> None:
    assert reclaim(tmp_path / "nowhere") == []


def test_a_root_that_is_a_file_is_an_error_that_says_so(tmp_path: Path) -> None:
    root = tmp_path / "file"
    root.touch()
    with pytest.raises(HostError, match=r"no folder for labs at .*file"):
        take(root)


@pytest.mark.kernel
def test_another_user_s_root_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "theirs"
    root.mkdir()
    os.chown(root, 12345, 12345)
    with pytest.raises(HostError, match="belongs to user 12345"):
        take(root)


def test_a_survey_sees_the_living_and_the_dead_and_changes_nothing(tmp_path: Path) -> None:
    dead, living = take(tmp_path), take(tmp_path)
    living.note_init(77)
    os.close(dead.lock)
    seen = {one.folder: one for one in survey(tmp_path)}
    assert (seen[dead.folder].alive, seen[living.folder].alive) == (False, True)
    assert (seen[living.folder].pid, seen[living.folder].init) == (os.getpid(), 77)
    assert dead.folder.is_dir()
    living.end()


def test_a_lease_whose_maker_died_over_it_is_seen_as_dead(tmp_path: Path) -> None:
    take(tmp_path).end()
    (tmp_path / "00ff00").mkdir()
    (one,) = survey(tmp_path)
    assert (one.alive, one.pid) == (False, None)
    assert reclaim(tmp_path) == [one.folder]
    assert survey(tmp_path) == []


def test_folders_that_are_no_leases_are_neither_shown_nor_touched(tmp_path: Path) -> None:
    take(tmp_path).end()
    mine = [tmp_path / name for name in ("photos", "source", "00ff00")]
    for folder in mine:
        folder.mkdir()
        (folder / "precious").write_text("x")
    assert reclaim(tmp_path) == []
    assert survey(tmp_path) == []
    assert [(folder / "precious").read_text() for folder in mine] == ["x", "x", "x"]


def test_some_look_while_others_come_and_go(tmp_path: Path) -> None:
    take(tmp_path).end()
    standing = take(tmp_path)
    ended = threading.Event()

    def come_and_go() -> None:
        while not ended.is_set():
            lease = take(tmp_path)
            for number in range(20):
                (lease.folder / str(number)).touch()
            lease.end()

    other = threading.Thread(target=come_and_go)
    other.start()
    try:
        for _ in range(300):
            assert standing.folder not in reclaim(tmp_path), "only one that has nothing left but its folder may go"
            assert standing.folder in [one.folder for one in survey(tmp_path)]
    finally:
        ended.set()
        other.join()
    standing.end()


@pytest.mark.kernel
def test_what_can_t_be_removed_is_a_lease_until_it_can(tmp_path: Path) -> None:
    script = """
held = take(root)
(held.folder / "mount").mkdir()
linux.mount("none", held.folder / "mount", "tmpfs")
held.end()
(seen,) = survey(root)
assert not seen.alive
subprocess.run(["umount", held.folder / "mount"], check=True)
assert reclaim(root) == [held.folder]
assert not held.folder.exists()
"""
    _run_aside(script, tmp_path)


@pytest.mark.kernel
def test_a_full_disk_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    script = """
linux.mount("none", root, "tmpfs", data="nr_inodes=4")  # the root itself, the registry, a folder, its lock
before = os.listdir("/proc/self/fd")
with pytest.raises(HostError, match="no folder for a lab .*No space left.*free some room"):
    take(root)
assert os.listdir(root) == ["lock"]
assert os.listdir("/proc/self/fd") == before
"""
    _run_aside(script, tmp_path)


def _run_aside(script: str, root: Path) -> None:
    """Run a script in a mount namespace of its own."""
    subprocess.run(confined.command([sys.executable, "-c", PREAMBLE + script, str(root)]), check=True, timeout=60)
