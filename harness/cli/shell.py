"""`harness shell`: a shell, or one command, on a machine of a lab that runs."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from harness.cli import choosing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.machines.doors import Door


@click.command(context_settings={"ignore_unknown_options": True})
@choosing.options
@click.argument("machine")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
def command(lab_dir: Path | None, lab: str | None, machine: str, words: tuple[str, ...]) -> NoReturn:
    """Open a shell on MACHINE, or run COMMAND there; its exit status is the command's."""
    found, door = choosing.find(machine, lab, lab_dir)
    line = command_line(found.init, door, words)
    os.execvp(line[0], line)  # noqa: S606 - a list of words


def command_line(init: int, door: Door, words: Sequence[str]) -> list[str]:
    """Return the whole command: into the sandbox, through the machine's door, and there the words, or a shell."""
    inside = ["nsenter", f"--target={init}", *_user(init), "--mount", "--net", "--pid", "--root", "--"]
    if door.one_word:
        return [*inside, *door.words, *([shlex.join(words)] if words else [])]
    return [*inside, *door.words, *(words or [os.environ.get("SHELL") or "/bin/sh"])]


def _user(init: int) -> list[str]:
    """Return what takes us into the sandbox's user namespace, where it has one of its own (nsenter(1))."""
    try:
        there, here = (Path(f"/proc/{process}/ns/user").readlink() for process in (init, "self"))
    except OSError:  # it has just ended, or is another user's: nsenter says so
        return []
    return [] if there == here else ["--user", "--preserve-credentials"]
