from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import main
from harness.cli.shell import command_line
from harness.holding import Held
from harness.machines.doors import Door

INSIDE = ["nsenter", "--target=9", "--mount", "--net", "--pid", "--root", "--"]


def machine(door: Door) -> Held:
    return Held("node01", door, 9, Path("/l"))


def test_a_command_goes_through_the_door_word_by_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/bin/zsh")
    door = machine(Door(("through", "--")))
    assert command_line(door, ["echo", "a b"]) == [*INSIDE, "through", "--", "echo", "a b"]
    assert command_line(door, []) == [*INSIDE, "through", "--", "/bin/zsh"]


def test_where_a_shell_takes_it_apart_it_is_one_word() -> None:
    door = machine(Door(("ssh", "root@host"), one_word=True))
    assert command_line(door, ["echo", "a b"]) == [*INSIDE, "ssh", "root@host", "echo 'a b'"]
    assert command_line(door, []) == [*INSIDE, "ssh", "root@host"]


def test_where_nothing_is_held_it_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shell", f"--lab-dir={tmp_path}", "no-such-machine"]) == 2
    assert "see --lab-hold" in capsys.readouterr().err
