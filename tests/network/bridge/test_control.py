"""What the links share; that they are controlled is tested in ``tests/network/test_bridged.py``."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import LabError
from harness.network.bridge.control import Control
from harness.network.bridge.features import probe
from harness.network.bridge.plant import Plant
from harness.network.bridge.recorder_process import RecorderProcess
from harness.network.impairment import Impairment
from harness.sandbox.netns import NetworkNamespace
from harness.units import milliseconds

pytestmark = pytest.mark.kernel


def test_a_change_has_its_time_and_plain_values_and_a_table_that_went_is_an_error(tmp_path: Path) -> None:
    with NetworkNamespace.create() as place:
        plant = Plant(place, probe())
        recorder = RecorderProcess(tmp_path / "a.pcapng", namespace=place)
        control = Control(place, probe(), plant, recorder, table="nowhere", seed=1)
        control.changed("impair", link="a", value=Impairment(delay=5 * milliseconds))
        control.changed("cut", link="a")
        first, second = control.changes
        assert first.command == "impair"
        assert first.arguments["value"]["delay"] == 5 * milliseconds
        assert first.time_ns <= second.time_ns
        with pytest.raises(LabError, match="No such file"):
            control.listing()
        with pytest.raises(LabError, match="refused 'nonsense'"):
            control.run("nonsense")
        plant.close()
