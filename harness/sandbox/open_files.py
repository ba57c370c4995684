"""How many files a process may have open: where every card is one, the usual 1,024 are too few (getrlimit(2))."""

from __future__ import annotations

import resource

INHERITED = 1 << 16
"""What programs may have that a process of ours starts: some of them visit each number that a file may have."""


def allow_many() -> None:
    """Let this process, and what it starts, have as many files open as the host lets it, and no more than `INHERITED`.

    Namespaces of machines, and what their programs say, are files of the process that builds a lab.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, INHERITED)), hard))


def allow_most() -> None:
    """Let this process, which starts no others, have as many files open as the host lets it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def too_many() -> dict[str, object]:
    """Return what is missing where these are too few: in words, and what mends it."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    remedy = f"use fewer machines, or raise the limit (as root: prlimit --pid $$ --nofile={16 * limit})"
    return {"missing": [f"it may have no more than {limit} files open", remedy]}
