"""Making a sandbox's namespaces in the order that the kernel wants, and trying whether they can be had."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessBug, HostError, Missing
from harness.sandbox import children, linux, mounts, user_namespace
from harness.sandbox.refusals import Step, taking

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RUN = Path("/run")
MISSING = "missing"
ROOTS_OWN = ("libvirt",)
"""What libvirt makes below /run for itself wherever it is told to be; on the host it is root's."""


def make(flags: int) -> None:
    """Give this process a mount namespace and those of the flags; a user namespace before, where it needs one.

    A PID namespace begins with its next child. Raises `HostError` that names what stands in the way.
    """
    unprivileged = user_namespace.needed()
    if unprivileged:
        user_namespace.enter()
    with taking(Step.OTHERS):
        mounts.unshare_private()
        if unprivileged:
            mounts.make_writable(RUN, without=ROOTS_OWN)
        linux.unshare(flags)


def mount_proc() -> None:
    """Show the processes of this PID namespace in /proc. Raises `HostError`."""
    with taking(Step.PROC):
        linux.mount("proc", "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)


def try_out() -> tuple[Missing, ...]:
    """Make all that a sandbox needs in processes that end at once; return what stands in the way, if anything."""
    try:
        ask(_has_proc, linux.CLONE_NEWNET | linux.CLONE_NEWPID)
    except HostError as error:
        return error.missing
    return ()


def ask(question: Callable[[], Any], flags: int) -> Any:  # noqa: ANN401 - whatever JSON can tell
    """Return the answer, as JSON can tell it, that a function gives in a child that has such namespaces and then ends.

    Raises `HostError` where they can't be had, or the function does; anything else there is a `HarnessBug`.
    """
    words = _said_by_child(lambda teller: _answer(question, flags, teller))
    if missing := told(words):
        raise HostError(*missing)
    if not words:
        raise HarnessBug("a question was not answered in namespaces of its own; its process has said why")
    return json.loads(words)


def tell(teller: int, missing: Sequence[Missing]) -> None:
    """Write what is missing to a descriptor, for `told`."""
    os.write(teller, json.dumps({MISSING: [[one.what, one.remedy] for one in missing]}).encode())


def told(words: bytes) -> tuple[Missing, ...]:
    """Return what was told to be missing; nothing where nothing was told."""
    seen = json.loads(words or b"null")
    missing = seen.get(MISSING, ()) if isinstance(seen, dict) else ()
    return tuple(Missing(what, remedy) for what, remedy in missing)


def what_is_missing(error: HostError | OSError) -> tuple[Missing, ...]:
    """Return what an error says to be missing, also where it is none of our own."""
    if isinstance(error, HostError):
        return error.missing
    return (Missing(f"no sandbox could be made ({error})", "see harness doctor"),)


def _answer(question: Callable[[], Any], flags: int, teller: int) -> None:
    try:
        make(flags)
        os.write(teller, json.dumps(question()).encode())
    except (HostError, OSError) as error:
        tell(teller, what_is_missing(error))


def _has_proc() -> None:
    """Mount /proc in the first process of the new PID namespace. Raises `HostError`."""

    def mount(teller: int) -> None:
        try:
            mount_proc()
        except HostError as error:
            tell(teller, error.missing)

    if missing := told(_said_by_child(mount)):
        raise HostError(*missing)


def _said_by_child(action: Callable[[int], None]) -> bytes:
    """Return all that a child writes to the descriptor that it is given, when it has ended."""
    heard, teller = os.pipe()

    def act() -> int:
        os.close(heard)
        action(teller)
        return 0

    with os.fdopen(heard, "rb") as pipe:
        try:
            child = children.fork(act)
        finally:
            os.close(teller)
        said = pipe.read()
    os.waitpid(child, 0)
    return said
