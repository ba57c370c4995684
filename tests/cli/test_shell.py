from __future__ import annotations

import pytest

from harness.cli.shell import command_line
from harness.machines.doors import Door

INSIDE = ["nsenter", "--target=9", "--mount", "--net", "--pid", "--root", "--"]


def test_a_command_goes_through_the_door_word_by_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/bin/zsh")
    door = Door(("through", "--"))
    assert command_line(9, door, ["echo", "a b"]) == [*INSIDE, "through", "--", "echo", "a b"]
    assert command_line(9, door, []) == [*INSIDE, "through", "--", "/bin/zsh"]


def test_where_a_shell_takes_it_apart_it_is_one_word() -> None:
    door = Door(("ssh", "root@host"), one_word=True)
    assert command_line(9, door, ["echo", "a b"]) == [*INSIDE, "ssh", "root@host", "echo 'a b'"]
    assert command_line(9, door, []) == [*INSIDE, "ssh", "root@host"]
