"""Runs a command in private namespaces: ``python -m harness.sandbox.confined [--of PID] [--pid] [--net] COMMAND…``.

What ``unshare`` and ``setpriv --pdeathsig`` do together, and in a chroot, too: the command's mounts stay its own, and
it ends when whoever started this ends. With ``--of`` it does not begin where that was another process, which is dead
then. With ``--pid`` it is PID 1, so that all that it has started ends with it. Who is not root runs it as root of a
user namespace.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from typing import TYPE_CHECKING

from harness.errors import HostError
from harness.sandbox import children, linux, namespaces

if TYPE_CHECKING:
    from collections.abc import Sequence

UNUSABLE = 2
NOT_RUN, NOT_FOUND = 126, 127
"""What shells say of a command that can't be run, and of one that is not there."""
OF = "--of"
FLAGS = {"--pid": linux.CLONE_NEWPID, "--net": linux.CLONE_NEWNET}


def command(words: Sequence[str], *, pid: bool = False, net: bool = False) -> list[str]:
    """Return the command line that runs `words` so, for this process to start."""
    flags = [flag for flag, wanted in (("--pid", pid), ("--net", net)) if wanted]
    return [sys.executable, "-m", __name__, OF, str(os.getpid()), *flags, *words]


def main(arguments: Sequence[str]) -> int:
    """Run the command, and return its exit status as a shell does."""
    flags, words, starter = 0, list(arguments), os.getppid()
    if words[0] == OF:
        starter, words = int(words[1]), words[2:]
    if not _bind_to(starter):
        return UNUSABLE
    while words and words[0] in FLAGS:
        flags |= FLAGS[words.pop(0)]
    try:
        namespaces.make(flags)
    except HostError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command's last words
        return UNUSABLE
    if not _bind_to(starter):  # who has become root of a user namespace is bound to nobody any more (prctl(2))
        return UNUSABLE
    if not flags & linux.CLONE_NEWPID:
        return _become(words)
    alive, held = os.pipe()
    child = children.fork(lambda: _be_init(words, alive, held))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code


def _bind_to(starter: int) -> bool:
    """Have the kernel end this process with whoever started it; says whether they still live."""
    linux.die_with_parent(signal.SIGKILL)
    return os.getppid() == starter


def _be_init(words: Sequence[str], alive: int, held: int) -> int:
    """Be PID 1, as the command. `held` is the end of a pipe that only the process outside has when ours is closed."""
    linux.die_with_parent(signal.SIGKILL)
    os.close(held)
    if select.select([alive], [], [], 0)[0]:  # it died before it could be bound to
        return UNUSABLE
    try:
        namespaces.mount_proc()
    except HostError as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201 - a command's last words
        return UNUSABLE
    return _become(words)


def _become(words: Sequence[str]) -> int:
    """Become a command. Returns only where that can't be, with the status that a shell has for that."""
    try:
        os.execvp(words[0], list(words))  # noqa: S606 - words, not a line
    except OSError as error:
        print(f"{words[0]}: {error.strerror}", file=sys.stderr, flush=True)  # noqa: T201 - as above
        return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_RUN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
