"""Scripts that run as an ordinary user of this host. Its id need not be anybody's.

They start as root and change over when all is imported, since an interpreter may lie where only root may look.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

from harness.sandbox import confined, linux

USER = 54321
PR_SET_DUMPABLE = 4
PREAMBLE = """
import os, sys
from pathlib import Path
import pyroute2
from harness.errors import HostError
from harness.sandbox import host, lease, linux, namespaces, supervisor, user_namespace
from tests import ordinary
"""


def become(user: int = USER) -> None:
    """Be an ordinary user from now on, in one group of the same number."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # as after an exec; else /proc/self is root's


def grant(folder: Path, first: int, count: int) -> None:
    """Have /etc grant the ordinary user ids, in this mount namespace only. As root."""
    lines = {
        "passwd": f"ordinary:x:{USER}:{USER}::/:/bin/sh",
        "group": f"ordinary:x:{USER}:",
        "subuid": f"ordinary:{first}:{count}",
        "subgid": f"ordinary:{first}:{count}",
    }
    for name, line in lines.items():
        there = Path("/etc", name)
        there.touch()
        (folder / name).write_text(f"{there.read_text()}{line}\n")
        linux.mount(str(folder / name), there, "", linux.MS_BIND)


def run(script: str, *words: str) -> str:
    """Run a script, which starts as root with mounts of its own, and return what it prints."""
    command = confined.command([sys.executable, "-c", PREAMBLE + script, *words])
    here = Path(__file__).parents[1]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30, cwd=here)
    assert done.returncode == 0, done.stderr
    return done.stdout
