"""Runs a command inside a new sandbox: ``python -m harness.sandbox.inside ROOT COMMAND…``.

For what can't enter by itself, since it has threads from its beginning: a worker of pytest-xdist. The command's
standard streams are this process's, and so is its exit status. It finds its lease's folder in its environment.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from harness.errors import HostError
from harness.sandbox import linux, supervisor
from harness.sandbox.lease import Lease

if TYPE_CHECKING:
    from collections.abc import Sequence

LEASE = "HARNESS_LEASE"
"""The variable that names the lease's folder to what runs inside."""

UNUSABLE = 2


def command(root: Path, words: Sequence[str]) -> list[str]:
    """Return the command line that runs `words` so, with its lease under `root`."""
    return [sys.executable, "-m", __name__, str(root), *words]


def own_lease() -> Lease | None:
    """Return the lease of the sandbox that this process was started in so, None where it was not.

    Its supervisor holds it, and ends it.
    """
    folder = os.environ.get(LEASE)
    return Lease(Path(folder)) if folder else None


def main(arguments: Sequence[str]) -> NoReturn:
    """Enter the sandbox and become the command. Ends the sandbox when whoever started this dies."""
    root, *words = arguments
    linux.die_with_parent(signal.SIGTERM)
    try:
        lease = supervisor.enter(Path(root))
    except HostError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command's last words
        sys.exit(UNUSABLE)
    os.environ[LEASE] = str(lease.folder)
    os.execvp(words[0], words)  # noqa: S606 - a list of words


if __name__ == "__main__":
    main(sys.argv[1:])
