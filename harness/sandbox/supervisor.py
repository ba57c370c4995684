"""Entering the sandbox: the calling process goes on inside private network, mount and PID namespaces.

Who is not root is root in a user namespace first, which the supervisor makes (`harness.sandbox.user_namespace`).

Four processes stand in a row, each the child of the one before:

==========  ===============================================================  ======================================
process     what it does                                                     when it dies
==========  ===============================================================  ======================================
caller      waits, passes on signals, exits with the test process's status   the supervisor ends the sandbox
supervisor  holds the lease; removes the lease's folder at the end           init is killed, the caller removes it
init        PID 1 of the sandbox: reaps; ends when the test process ends     the kernel ends every process inside
test        returns from `enter` and goes on as if nothing had happened      init ends
==========  ===============================================================  ======================================

So whichever is killed, with whatever signal, every guest and server ends: the kernel ends all processes of a PID
namespace with its init (pid_namespaces(7)). The host's own interfaces, routes and mounts are never touched.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING, NoReturn

from harness.errors import HarnessError, HostError
from harness.sandbox import lease as leases
from harness.sandbox import ledger, linux, namespaces, open_files, relay
from harness.sandbox.netns import raise_loopback

if TYPE_CHECKING:
    from pathlib import Path

    from harness.sandbox.lease import Lease

GO = b"!"
SIGNALLED = 128
"""Shells report a process that a signal ended as 128 and the signal's number."""
INTERRUPTED = SIGNALLED + signal.SIGINT


def enter(root: Path | None = None) -> Lease:
    """Move into a new sandbox and return its lease, whose folder lasts as long as the sandbox.

    Only the new test process returns; the caller's own process waits for it and exits with its status.
    Raises `HostError`, in the caller's process, where the host does not allow it.
    """
    root = root or leases.default_root()
    leases.reclaim(root)
    lease = leases.take(root)
    sys.stdout.flush()
    sys.stderr.flush()
    outcome, reporter = os.pipe()
    caller = os.getpid()
    try:
        supervisor = os.fork()
    except OSError as error:
        lease.end()
        for end in (outcome, reporter):
            os.close(end)
        raise HostError(*namespaces.what_is_missing(error)) from error
    if supervisor:
        os.close(reporter)
        _wait_as_caller(supervisor, outcome, lease)
    os.close(outcome)
    try:
        _supervise(caller, reporter, lease)
    except BaseException:  # noqa: BLE001 - neither supervisor nor init may ever go on as the caller does
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    return lease


def _wait_as_caller(supervisor: int, outcome: int, lease: Lease) -> NoReturn:
    """Wait for the supervisor and exit as it does, or raise what kept the sandbox from being made."""
    os.close(lease.lock)
    blocked = relay.hold_back()
    with os.fdopen(outcome, "rb") as report:
        trouble = namespaces.told(report.read())
    status = _shell_status(relay.pass_on(supervisor))
    if not trouble:
        _finish_for_the_dead(lease)
        os._exit(status)
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    raise HostError(*trouble)


def _supervise(caller: int, reporter: int, lease: Lease) -> None:
    """Make the namespaces and their init, wait, and clean up. Only the test process returns."""
    linux.set_process_name("harness-super")
    interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)
    inits: list[int] = []
    _end_on_signal(inits, lease)
    linux.die_with_parent(signal.SIGTERM)
    try:
        if os.getppid() != caller:
            _finish(lease, SIGNALLED + signal.SIGKILL)
        namespaces.make(linux.CLONE_NEWNET | linux.CLONE_NEWPID)
        raise_loopback()
        alive, held = os.pipe()
        init = os.fork()
    except (HostError, OSError) as error:
        namespaces.tell(reporter, namespaces.what_is_missing(error))
        _finish(lease, 1)
    if init:
        inits.append(init)
        _note(lease, init, reporter)
        os.write(held, GO)
        os.close(reporter)
        _finish(lease, _wait_for(init))
    os.close(held)
    _be_init(alive, reporter)
    if callable(interrupted):
        signal.signal(signal.SIGINT, relay.once(interrupted))


def _note(lease: Lease, init: int, reporter: int) -> None:
    """Leave word of the init. A sandbox that nobody could be shown into is none: it ends where that fails."""
    try:
        lease.note_init(init)
    except OSError as error:
        os.kill(init, signal.SIGKILL)
        _wait_for(init)
        namespaces.tell(reporter, namespaces.what_is_missing(error))
        _finish(lease, 1)


def _be_init(alive: int, reporter: int) -> None:
    """Be PID 1: reap until the test process ends. Only the test process returns.

    `alive` is a pipe whose other end only the supervisor holds: by it comes the word to go on.
    """
    linux.set_process_name("harness-init")
    linux.die_with_parent(signal.SIGKILL)
    for number in filter(relay.is_heeded, (signal.SIGTERM, signal.SIGHUP)):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(relay.INTERRUPT, lambda *_: os._exit(INTERRUPTED))
    try:
        if os.read(alive, 1) != GO:  # the supervisor died, before it could be bound to or after
            os._exit(SIGNALLED + signal.SIGKILL)
        linux.unshare(linux.CLONE_NEWNS)  # what is mounted from here on is not in the way of who cleans up outside
        namespaces.mount_proc()
        test = os.fork()
    except (HostError, OSError) as error:
        namespaces.tell(reporter, namespaces.what_is_missing(error))
        os._exit(1)
    os.close(reporter)
    os.close(alive)
    if test:
        signal.signal(relay.INTERRUPT, relay.to(test, signal.SIGINT))
        os._exit(_reap_until(test))
    signal.signal(relay.INTERRUPT, signal.SIG_DFL)
    linux.set_process_name("harness-test")
    open_files.allow_many()


def _reap_until(last: int) -> int:
    """Reap every process that ends, until the given one does; return its exit status as a shell would."""
    while True:
        ended, status = os.wait()
        if ended == last:
            return _shell_status(status)


def _end_on_signal(inits: list[int], lease: Lease) -> None:
    """Have a signal to this process, or its parent's death, end the whole sandbox at once, as far as it is made.

    An interrupt goes on, once there is somebody to heed it.
    """

    def end(number: int, _frame: object) -> None:
        if not inits:
            _finish(lease, SIGNALLED + number)
        os.kill(inits[0], signal.SIGKILL)

    def interrupt(_number: int, _frame: object) -> None:
        if not inits:
            _finish(lease, INTERRUPTED)
        os.kill(inits[0], relay.INTERRUPT)

    signal.signal(signal.SIGTERM, end)
    if relay.is_heeded(signal.SIGHUP):
        signal.signal(signal.SIGHUP, end)
    signal.signal(relay.INTERRUPT, interrupt)


def _finish(lease: Lease, status: int) -> NoReturn:
    lease.end()
    _sweep_ledger()
    os._exit(status)


def _finish_for_the_dead(lease: Lease) -> None:
    """Remove what a supervisor that was killed could not, once the kernel has ended all that was inside."""
    if lease.folder.exists():
        leases.end_when_free(lease.folder)
        _sweep_ledger()


def _sweep_ledger() -> None:
    with contextlib.suppress(HarnessError):  # a ledger that is closed to us holds nothing of ours
        ledger.sweep()


def _wait_for(child: int) -> int:
    _, status = os.waitpid(child, 0)
    return _shell_status(status)


def _shell_status(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else SIGNALLED - code
