"""Doors: how a machine is entered from another terminal, by a command that is run inside of its sandbox."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from harness.machines.ssh import KeyPair

KEY = "lab-key"


@dataclass(frozen=True)
class Door:
    """Words that a command's own words are put after, and the file that keeps what the console says, if there is one.

    `one_word`: a shell at the other end takes the command apart, so it is handed over as one quoted word.
    """

    words: tuple[str, ...]
    one_word: bool = False
    console: str | None = None


def of_namespace(descriptor: int) -> Door:
    """Return the door to a network namespace that this process holds open (nsenter(1))."""
    return Door(("nsenter", f"--net=/proc/{os.getpid()}/fd/{descriptor}", "--"))


def of_system(name: str, address: str, *, key: KeyPair, host_key: str, folder: Path, console: Path) -> Door:
    """Return the door to a system, by SSH as root (ssh(1)); its keys are left in the folder."""
    identity, known = folder / KEY, folder / f"{name}.known-hosts"
    identity.unlink(missing_ok=True)
    identity.touch(mode=0o600)
    identity.write_text(key.private)
    known.write_text(f"{address} {host_key}\n")
    options = ("IdentitiesOnly=yes", f"UserKnownHostsFile={known}", "StrictHostKeyChecking=yes", "LogLevel=ERROR")
    words = [word for option in options for word in ("-o", option)]
    command = ("ssh", "-F", "none", "-i", str(identity), *words, f"root@{address}")
    return Door(command, one_word=True, console=str(console))
