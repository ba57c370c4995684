from __future__ import annotations

import signal
import sys
import textwrap
from subprocess import PIPE, Popen

import pytest

from harness.sandbox import relay

PROGRAM = """
import os, signal, sys, time
from harness.sandbox import relay
relay.hold_back()
child = os.fork()
if not child:
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(relay.INTERRUPT, lambda *_: os._exit(4))
    print("ready", flush=True)
    time.sleep(60)
sys.exit(os.waitstatus_to_exitcode(relay.pass_on(child)) % 256)
"""


def test_of_several_interrupts_at_once_the_first_is_heeded() -> None:
    times = iter((10.0, 10.001, 10.9, 12.0))
    seen: list[int] = []
    handler = relay.once(lambda number, _frame: seen.append(number), clock=lambda: next(times))
    heeded = []
    for _ in range(4):
        before = len(seen)
        handler(signal.SIGINT, None)
        heeded.append(len(seen) > before)
    assert heeded == [True, False, False, True]


@pytest.mark.parametrize(
    "sent,status", [(signal.SIGINT, 4), (signal.SIGTERM, -signal.SIGTERM % 256), (signal.SIGHUP, -signal.SIGHUP % 256)]
)
def test_what_is_sent_to_the_parent_ends_the_child(sent: signal.Signals, status: int) -> None:
    with Popen([sys.executable, "-c", textwrap.dedent(PROGRAM)], stdout=PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(sent)
        assert process.wait(timeout=20) == status


def test_a_handler_sends_another_signal_and_needs_nobody_there() -> None:
    with Popen(["sleep", "60"]) as child:
        handler = relay.to(child.pid, signal.SIGKILL)
        handler(signal.SIGINT, None)
        assert child.wait(timeout=20) == -signal.SIGKILL
    handler(signal.SIGINT, None)


def test_what_is_ignored_is_not_heeded() -> None:
    before = signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    try:
        assert not relay.is_heeded(signal.SIGUSR2)
    finally:
        signal.signal(signal.SIGUSR2, before)
    assert relay.is_heeded(signal.SIGUSR2)
