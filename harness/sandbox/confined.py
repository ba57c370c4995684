"""Runs a command in private namespaces: ``python -m harness.sandbox.confined [--of PID] [--pid] [--net] COMMAND…``.

What ``unshare`` and ``setpriv --pdeathsig`` do together, and in a chroot, too: the command's mounts stay its own, and
it ends when whoever started this ends. With ``--of`` it does not begin where that was another process, which is dead
then. With ``--pid`` it is PID 1, so that all that it has started ends with it. Who is not root runs it as root of a
user namespace.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from harness.errors import HostError
from harness.sandbox import linux, namespaces

if TYPE_CHECKING:
    from collections.abc import Sequence

UNUSABLE = 2
OF = "--of"
FLAGS = {"--pid": linux.CLONE_NEWPID, "--net": linux.CLONE_NEWNET}


def command(words: Sequence[str], *, pid: bool = False, net: bool = False) -> list[str]:
    """Return the command line that runs `words` so, for this process to start."""
    flags = [flag for flag, wanted in (("--pid", pid), ("--net", net)) if wanted]
    return [sys.executable, "-m", __name__, OF, str(os.getpid()), *flags, *words]


def main(arguments: Sequence[str]) -> int:
    """Run the command, and return its exit status as a shell does."""
    linux.die_with_parent(signal.SIGKILL)
    flags = 0
    words = list(arguments)
    if words[0] == OF:
        _, starter, *words = words
        if os.getppid() != int(starter):  # it had ended before the kernel was asked to tell
            return UNUSABLE
    while words and words[0] in FLAGS:
        flags |= FLAGS[words.pop(0)]
    try:
        namespaces.make(flags)
    except HostError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command's last words
        return UNUSABLE
    linux.die_with_parent(signal.SIGKILL)
    if not flags & linux.CLONE_NEWPID:
        os.execvp(words[0], words)  # noqa: S606 - a list of words
    child = os.fork()
    if child == 0:
        linux.die_with_parent(signal.SIGKILL)
        namespaces.mount_proc()
        os.execvp(words[0], words)  # noqa: S606 - as above
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
