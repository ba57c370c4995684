from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time

import pytest

from harness.errors import LabError
from harness.sandbox.alarm import SIGNAL, Alarm

DEAD = LabError("the switch ended")


def test_it_ends_a_wait_at_once() -> None:
    with Alarm() as alarm:
        ringer = threading.Timer(0.05, alarm.ring, [DEAD])
        ringer.start()
        started = time.monotonic()
        with pytest.raises(LabError, match="the switch ended"), alarm.listening():
            threading.Event().wait(60)
        assert time.monotonic() - started < 30
        ringer.join()


def test_who_does_not_listen_is_told_when_he_does() -> None:
    with Alarm() as alarm:
        alarm.ring(DEAD)
        for _ in range(2):
            with pytest.raises(LabError, match="the switch ended"), alarm.listening():
                pytest.fail("went on")


def test_the_first_error_counts() -> None:
    with Alarm() as alarm:
        alarm.ring(DEAD)
        alarm.ring(LabError("another"))
        with pytest.raises(LabError, match="the switch ended"), alarm.listening():
            pytest.fail("went on")


def test_nothing_rung_is_nothing_raised_and_the_signal_is_given_back() -> None:
    before = signal.getsignal(SIGNAL)
    with Alarm() as alarm, alarm.listening():
        assert signal.getsignal(SIGNAL) != before
    assert signal.getsignal(SIGNAL) == before


def test_one_that_is_rung_when_all_is_over_does_no_harm() -> None:
    script = """
from harness.sandbox.alarm import Alarm
with Alarm() as alarm:
    pass
alarm.ring(OSError("too late"))
print(alarm.rung)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stdout) == (0, "too late\n")
