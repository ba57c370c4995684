"""Doors: how a machine is entered from another terminal, by a command that is run inside of its sandbox."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.machines.keys import KeyPair

KEY = "lab-key"
CONNECTS_WITHIN = 20.0
"""Seconds after which `ssh` gives up on a machine that says nothing."""


@dataclass(frozen=True)
class Door:
    """Words that a command's own words are put after; with a console, the file that keeps what it says.

    `one_word`: a shell at the other end takes the command apart, so it is handed over as one quoted word. `terminal` is
    the socket at which people sit down at the console.
    """

    words: tuple[str, ...]
    one_word: bool = False
    console: str | None = None
    terminal: str | None = None

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """Return the door that ``asdict`` was made of."""
        return cls(**{**given, "words": tuple(given["words"])})


def of_namespace(descriptor: int) -> Door:
    """Return the door to a network namespace that this process holds open (nsenter(1))."""
    return Door(("nsenter", f"--net=/proc/{os.getpid()}/fd/{descriptor}", "--"))


def of_system(
    name: str, address: str, *, key: KeyPair, host_key: str, folder: Path, console: Path, terminal: Path
) -> Door:
    """Return the door to a system, by SSH as root (ssh(1)); its keys are left in the folder."""
    identity, known = folder / KEY, folder / f"{name}.known-hosts"
    _leave(identity, key.private)
    _leave(known, f"{address} {host_key}\n")
    wait = f"ConnectTimeout={CONNECTS_WITHIN:.0f}"
    options = (
        wait,
        "IdentitiesOnly=yes",
        f'UserKnownHostsFile="{known}"',
        "StrictHostKeyChecking=yes",
        "LogLevel=ERROR",
    )
    words = [word for option in options for word in ("-o", option)]
    command = ("ssh", "-F", "none", "-i", str(identity), *words, f"root@{address}")
    return Door(command, one_word=True, console=str(console), terminal=str(terminal))


def _leave(path: Path, text: str) -> None:
    """Have a file say so, for this user alone; whoever reads it meanwhile reads all of it."""
    descriptor, grown = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    Path(grown).rename(path)
