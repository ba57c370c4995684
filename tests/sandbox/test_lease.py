from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.errors import HostError
from harness.sandbox.lease import OWNER, reclaim, survey, take


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
    (tmp_path / "half").mkdir()
    (one,) = survey(tmp_path)
    assert (one.alive, one.pid) == (False, None)
