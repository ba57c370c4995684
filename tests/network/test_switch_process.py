from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import HarnessBug, LabError
from harness.network.switch_process import SwitchProcess
from harness.sandbox.netns import NetworkNamespace

pytestmark = pytest.mark.kernel


def test_a_switch_that_can_t_write_its_capture_says_so(tmp_path: Path) -> None:
    (tmp_path / "links.pcapng").mkdir()
    with NetworkNamespace.create() as home:
        process = SwitchProcess(tmp_path / "links.pcapng", namespace=home, seed="1")
        with pytest.raises(LabError, match=r"the switch did not start(.|\n)*IsADirectoryError"):
            process.start()
        assert process.pid is None, "nothing is left of it"
        process.stop()


def test_it_starts_again_after_it_was_stopped_and_refuses_nonsense(tmp_path: Path) -> None:
    told: list[LabError] = []
    with NetworkNamespace.create() as home:
        process = SwitchProcess(tmp_path / "links.pcapng", namespace=home, seed="1", on_death=told.append)
        for _ in range(2):
            process.start()
            with pytest.raises(HarnessBug, match="refused: dance"):
                process.tell("dance")
            process.stop()
    assert process.pid is None
    assert told == []
