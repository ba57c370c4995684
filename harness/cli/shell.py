"""`harness shell`: a shell, or one command, on a machine of a lab that is held."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from harness.cli.ps import roots
from harness.holding import Held, held

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--lab-dir", type=click.Path(path_type=Path, readable=False), metavar="DIR", help="Look there, too.")
@click.argument("machine")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
def command(lab_dir: Path | None, machine: str, words: tuple[str, ...]) -> NoReturn:
    """Open a shell on MACHINE, or run COMMAND there; its exit status is the command's."""
    line = command_line(find(machine, lab_dir), words)
    os.execvp(line[0], line)  # noqa: S606 - a list of words


def find(machine: str, lab_dir: Path | None) -> Held:
    """Return the one held machine of that name. Raises `UsageError` where there is none, or more than one."""
    everyone = list(held(roots(lab_dir)))
    named = [one for one in everyone if one.machine == machine]
    if len(named) == 1:
        return named[0]
    if named:
        folders = ", ".join(str(one.folder) for one in named)
        raise click.UsageError(f"{len(named)} labs that are held have a {machine}: {folders}")
    others = ", ".join(one.machine for one in everyone) or "none"
    raise click.UsageError(f"no lab that is held has a {machine} (there are: {others}); see --lab-hold")


def command_line(machine: Held, words: Sequence[str]) -> list[str]:
    """Return the whole command: into the sandbox, through the machine's door, and there the words, or a shell."""
    door = machine.door
    inside = ["nsenter", f"--target={machine.init}", *_user(machine.init), "--mount", "--net", "--pid", "--root", "--"]
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
