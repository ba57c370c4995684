from __future__ import annotations

import os
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import LabError
from harness.machines.doors import Door
from harness.reception import SOCKET, Reception, entrances
from harness.sandbox import lease
from harness.sandbox.lease import Lease

DOOR = Door(("ssh", "root@host"), one_word=True, console="/log", terminal="/terminal")


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Lease]:
    taken = lease.take(tmp_path / "l")
    taken.note_init(os.getpid())
    yield taken
    taken.end()


def test_it_tells_each_time_how_machines_are_entered_now(held: Lease) -> None:
    doors: dict[str, Door] = {}
    with Reception("t036", ["node01", "node02"], held.folder, lambda: doors):
        assert [one.door for one in entrances([held.folder.parent])] == [None, None]
        doors["node02"] = DOOR
        (first, second) = entrances([held.folder.parent])
        assert (first.door, second.door) == (None, DOOR)
        assert (second.lab, second.machine, second.init) == ("t036", "node02", os.getpid())
    assert not (held.folder / SOCKET).exists()
    assert list(entrances([held.folder.parent])) == []


def test_a_lab_that_is_just_being_built_has_no_doors(held: Lease) -> None:
    def building() -> dict[str, Door]:
        raise LabError("not yet")

    with Reception("t036", ["node01"], held.folder, building):
        assert [one.door for one in entrances([held.folder.parent])] == [None]


def test_a_visitor_who_leaves_at_once_does_not_end_it(held: Lease) -> None:
    with Reception("t036", ["node01"], held.folder, dict):
        with socket.socket(socket.AF_UNIX) as rude:
            rude.connect(str(held.folder / SOCKET))
        assert len(list(entrances([held.folder.parent]))) == 1


def test_a_long_path_is_no_hindrance(tmp_path: Path) -> None:
    taken = lease.take(tmp_path / ("x" * 120))
    taken.note_init(os.getpid())
    with Reception("t036", ["node01"], taken.folder, dict):
        assert [one.machine for one in entrances([taken.folder.parent])] == ["node01"]
    taken.end()


def test_the_dead_have_no_entrances(tmp_path: Path) -> None:
    assert list(entrances([tmp_path])) == []


def test_a_lack_of_files_does_not_end_it(held: Lease) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Reception("t036", ["node01"], held.folder, dict):
        with socket.socket(socket.AF_UNIX) as visitor:
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
            try:
                visitor.connect(str(held.folder / SOCKET))
                time.sleep(0.3)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert len(list(entrances([held.folder.parent]))) == 1
