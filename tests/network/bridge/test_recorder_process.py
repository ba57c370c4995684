from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from harness.errors import HarnessBug, LabError
from harness.network.bridge.recorder_process import RecorderProcess
from harness.sandbox.netns import NetworkNamespace

pytestmark = pytest.mark.kernel


def test_it_is_told_and_stopped(tmp_path: Path) -> None:
    with NetworkNamespace.create() as place:
        process = RecorderProcess(tmp_path / "a.pcapng", namespace=place)
        process.start()
        source = {"link": "lo", "device": "lo", "arriving": "in", "leaving": None}
        assert process.tell("watch", sources=[source]) == 0
        with pytest.raises(HarnessBug, match=r"the recorder of the bridges refused: .*No such device"):
            process.tell("watch", sources=[{**source, "device": "nowhere"}])
        process.stop()
        process.stop()
        with pytest.raises(LabError, match="asked to flush while it was not running"):
            process.tell("flush")


def test_where_it_can_t_start_it_says_so(tmp_path: Path) -> None:
    with NetworkNamespace.create() as place:
        (tmp_path / "a.pcapng").mkdir()
        process = RecorderProcess(tmp_path / "a.pcapng", namespace=place)
        with pytest.raises(LabError, match="IsADirectoryError"):
            process.start()
        assert process.pid is None


def test_its_death_is_an_error_at_once_and_later(tmp_path: Path) -> None:
    deaths: list[LabError] = []
    died = threading.Event()

    def note(error: LabError) -> None:
        deaths.append(error)
        died.set()

    with NetworkNamespace.create() as place:
        process = RecorderProcess(tmp_path / "a.pcapng", namespace=place, on_death=note)
        process.start()
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        assert died.wait(10)
        assert "the recorder of the bridges ended with status -9" in str(deaths[0])
        with pytest.raises(LabError, match="did not flush"):
            process.tell("flush")
        with pytest.raises(LabError, match="did not stop"):
            process.stop()
