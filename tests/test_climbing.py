"""What is done on the way to a rung before any guest boots; the rest is tried by scenarios/test_checkpoints.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.climbing import Climber
from harness.deploying import Deployer
from harness.ladder import Rung
from harness.rack import Rack
from harness.trace.display import Silent
from harness.trace.phases import PhaseLog
from tests.racks import put_in, rack


def climber(made: Rack, told: list[str]) -> Climber:
    return Climber(made, Deployer(made, PhaseLog(["node01"]), Silent()), told.append)


def test_each_rung_has_a_key_of_its_own_and_the_same_for_the_same_lab(tmp_path: Path) -> None:
    keys = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        with rack(tmp_path / name) as made:
            put_in(made)
            keys.append([climber(made, []).key(rung) for rung in Rung])
    assert keys[0] == keys[1]
    assert len(set(keys[0])) == len(Rung)


def test_a_checkpoint_that_is_spoiled_is_thrown_away_and_the_reason_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    told: list[str] = []
    with rack(tmp_path) as made:
        put_in(made)
        made.workbench.tell = told.append
        climbing = climber(made, told)
        spoiled = made.workbench.checkpoints.root / climbing.key(Rung.CLUSTER)
        spoiled.mkdir(parents=True)
        assert not climbing.restored(Rung.CLUSTER)
        assert not spoiled.exists()
        assert not made.machines["node01"].is_on()
    what, back = told
    assert what.startswith(f"tiny: the checkpoint cluster ({spoiled.name}) is thrown away, and made anew: ")
    assert back == "none"


def test_what_is_to_be_made_anew_is_not_even_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with rack(tmp_path, checkpoints="rebuild") as made:
        put_in(made)
        climbing = climber(made, [])
        there = made.workbench.checkpoints.root / climbing.key(Rung.CLUSTER)
        there.mkdir(parents=True)
        assert not climbing.restored(Rung.CLUSTER)
        assert there.is_dir()


def test_nothing_is_done_for_machines_that_shall_be_off(tmp_path: Path) -> None:
    with rack(tmp_path) as made:
        put_in(made)
        climber(made, []).start(Rung.OFF)
        assert not made.machines["node01"].is_on()
