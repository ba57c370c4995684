from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from harness.machines import proc
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import wait_until
from harness.units import seconds


@pytest.fixture
def sleeper() -> Iterator[int]:
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as process:
        wait_until("its program", lambda: proc.name_of(process.pid) == "sleep", within=20 * seconds)
        yield process.pid
        process.kill()


def test_a_process_is_told_by_its_name_command_parent_and_session(sleeper: int) -> None:
    assert proc.command_of(sleeper) == ("sleep", "600")
    assert proc.parent_of(sleeper) == os.getpid()
    assert proc.session_of(sleeper) == sleeper


def test_one_that_is_stopped_stands_still_until_it_goes_on(sleeper: int) -> None:
    assert not proc.stands_still(sleeper)
    assert proc.send(sleeper, signal.SIGSTOP)
    wait_until("it to stop", lambda: proc.state_of(sleeper) == "T", within=20 * seconds)
    assert proc.stands_still(sleeper)
    proc.send_group(sleeper, signal.SIGCONT)
    wait_until("it to go on", lambda: not proc.stands_still(sleeper), within=20 * seconds)


def test_of_one_that_has_ended_there_is_nothing_to_tell() -> None:
    with subprocess.Popen(["true"], start_new_session=True) as process:
        process.wait()
    gone = process.pid
    assert (proc.name_of(gone), proc.command_of(gone), proc.state_of(gone)) == ("", (), "")
    assert (proc.parent_of(gone), proc.session_of(gone), proc.stands_still(gone)) == (None, None, True)
    assert not proc.send(gone, signal.SIGKILL)
    proc.send_group(gone, signal.SIGKILL)


@pytest.mark.kernel
def test_processes_are_found_by_their_namespace() -> None:
    with NetworkNamespace.create() as place, NetworkNamespace.create() as other:
        with place.popen(["sleep", "600"]) as process:
            assert proc.within([place, other]) == [process.pid]
            assert proc.within([other]) == []
            process.kill()
        assert proc.within([place]) == []
