"""What a machine gets so that a checkpoint of it can be proven: a service that keeps a word in memory. Pure.

A word that a machine was told, and that is nowhere but in its memory, says whether this memory came back. The same
service sets the clock of a machine that stood still, and clears memory before it is saved. `harness.machines.keeper` is
the other end.
"""

from __future__ import annotations

import importlib.resources
from pathlib import PurePosixPath

from harness.provisioning.files import Entry, File

UNIT = "harness-keeper.service"
PROGRAM = PurePosixPath("/usr/lib/harness/keeper")
ENDPOINTS = PurePosixPath("/etc/harness/health")
"""Where a stack says which health endpoints a machine has: a line for each, SERVICE HOST PORT PATH AUTHORITY."""


def keeper_files() -> dict[PurePosixPath, Entry]:
    """Return the service's unit and its program."""
    return {
        PurePosixPath("/etc/systemd/system") / UNIT: File(_template("keeper.service")),
        PROGRAM: File(_template("keeper"), 0o755),
    }


def _template(name: str) -> bytes:
    return importlib.resources.files(__package__).joinpath("templates", name).read_bytes()
