from __future__ import annotations

from pathlib import Path

import pytest

from measure import crowd, flows, network, paths, punctuality


def test_a_kind_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert network.measure("nonsense") == 2
    assert "'nonsense' is no part of tcp, udp, round-trip" in capsys.readouterr().err


@pytest.mark.kernel
@pytest.mark.parametrize("path", [paths.switch, paths.bridge])
def test_traffic_flows_over_each_path(path: paths.MakesLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "SPAN", 0.3)
    with path(tmp_path) as line:
        assert flows.tcp_gbits(line) > 0
        assert flows.udp_frames(line) > 0


@pytest.mark.kernel
def test_a_crowd_goes_up_and_down(tmp_path: Path) -> None:
    took = crowd.machines(tmp_path, 6)
    assert 0 < took.up < 60
    assert 0 < took.down < 60


@pytest.mark.kernel
def test_a_delayed_line_is_measured(tmp_path: Path) -> None:
    with punctuality.line(tmp_path) as delayed:
        late = punctuality.lateness(delayed, 5)
    assert late.median <= late.percentile_99
    assert late.without_stalls <= late.percentile_99
