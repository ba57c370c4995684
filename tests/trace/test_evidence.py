from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.trace.evidence import folder_for, hold, new_run


def test_the_latest_run_is_pointed_to(tmp_path: Path) -> None:
    new_run(tmp_path, keep=5)
    second = new_run(tmp_path, keep=5)
    assert (tmp_path / "latest").resolve() == second


def test_old_runs_make_room_and_nothing_else_does(tmp_path: Path) -> None:
    (tmp_path / "my notes").mkdir()
    runs = [new_run(tmp_path, keep=2) for _ in range(4)]
    assert [run.exists() for run in runs] == [False, False, True, True]
    assert (tmp_path / "my notes").is_dir()


def test_a_run_that_goes_on_makes_no_room(tmp_path: Path) -> None:
    long = new_run(tmp_path, keep=2)
    held = hold(long)
    for _ in range(4):
        new_run(tmp_path, keep=2)
    assert long.exists()
    os.close(held)
    new_run(tmp_path, keep=2)
    assert not long.exists()


def test_runs_that_begin_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: new_run(tmp_path, keep=1000), range(200)))
    assert len(set(runs)) == 200
    assert (tmp_path / "latest").resolve() in runs
    assert not list(tmp_path.glob(".latest-*"))


def test_a_user_s_own_latest_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "latest").write_text("mine")
    new_run(tmp_path, keep=2)
    assert (tmp_path / "latest").read_text() == "mine"


def test_each_lab_has_a_folder_of_its_own_with_a_plain_name(tmp_path: Path) -> None:
    names = [folder_for(tmp_path, name).name for name in ("test_a[x/../y]", "test_a[x/../y]", "../..", "")]
    assert names == ["test_a-x-..-y", "test_a-x-..-y-2", "lab", "lab-2"]
