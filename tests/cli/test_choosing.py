from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import pytest

from harness.cli import main
from harness.cli.choosing import find
from harness.machines.doors import Door
from harness.reception import Reception
from harness.sandbox import lease

DOOR = Door(("true",))


@contextmanager
def lab(root: Path, name: str, **doors: Door) -> Iterator[str]:
    held = lease.take(root)
    held.note_init(os.getpid())
    with Reception(name, ["node01", "node02"], held.folder, lambda: doors):
        yield held.folder.name
    held.end()


def test_a_machine_of_the_only_lab_is_found(tmp_path: Path) -> None:
    with lab(tmp_path / "l", "t036", node01=DOOR):
        found, door = find("node01", None, tmp_path / "l")
        assert (found.lab, found.init, door) == ("t036", os.getpid(), DOOR)


def test_where_several_have_it_one_is_chosen_by_name_or_number(tmp_path: Path) -> None:
    root = tmp_path / "l"
    with ExitStack() as labs:
        one, other = (labs.enter_context(lab(root, name, node01=DOOR)) for name in ("t036", "three-sites"))
        with pytest.raises(click.UsageError, match=rf"2 labs have a node01, choose one: .*--lab=({one}|{other}) is "):
            find("node01", None, root)
        assert find("node01", "three-sites", root)[0].number == other
        assert find("node01", one, root)[0].lab == "t036"
        with pytest.raises(click.UsageError, match=r"no lab t037 that runs has a node01; labs that run: t.*; t"):
            find("node01", "t037", root)


def test_a_machine_that_is_off_and_one_that_is_not_there_are_told_apart(tmp_path: Path) -> None:
    with lab(tmp_path / "l", "t036", node01=DOOR) as number:
        with pytest.raises(click.UsageError, match=rf"node02 of t036 \({number}\) is off"):
            find("node02", None, tmp_path / "l")
        with pytest.raises(click.UsageError, match=r"has a node09; labs that run: t036 \(.*\) with node01, node02$"):
            find("node09", None, tmp_path / "l")


def test_where_nothing_runs_it_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shell", f"--lab-dir={tmp_path}", "no-such-machine"]) == 2
    assert "has a no-such-machine" in capsys.readouterr().err
