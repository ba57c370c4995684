from __future__ import annotations

import threading
from pathlib import Path

import pytest

from harness.checks.verdict import Verdict
from harness.clients.load import Plan
from harness.clients.rehearsal import rehearsal
from harness.errors import LabError, ScenarioFailure
from harness.units import seconds
from tests.clients.store import Forgetful, Store

NAMES = ["node01", "node02", "node03"]
PLAN = Plan(rate=50, name="away", keys=1)


def test_a_member_that_was_away_is_waited_for_and_the_history_is_judged(tmp_path: Path) -> None:
    store = Store()
    with rehearsal(store, NAMES, folder=tmp_path, plan=PLAN) as clients:
        store.away = {"node02"}
        clients.wait_for(5, since=clients.now(), through=["node01"], within=20 * seconds)
        threading.Timer(0.1, store.away.clear).start()
    assert (tmp_path / "away/history.jsonl").read_text().count("\n") == len(clients.history)


def test_what_was_acknowledged_and_forgotten_fails(tmp_path: Path) -> None:
    store = Forgetful(but="healed/")
    with (
        pytest.raises(ScenarioFailure, match="linearizable"),
        rehearsal(store, NAMES, folder=tmp_path, plan=PLAN) as clients,
    ):
        clients.wait_for(20, within=20 * seconds)


def test_what_a_block_adds_is_judged_too(tmp_path: Path) -> None:
    with (
        pytest.raises(ScenarioFailure, match="never wanted"),
        rehearsal(Store(), NAMES, folder=tmp_path, plan=PLAN) as clients,
    ):
        clients.checks.append(lambda history: Verdict(not history, "there is something", name="never wanted"))


def test_a_block_that_fails_fails_by_itself_and_leaves_its_history(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), rehearsal(Forgetful(), NAMES, folder=tmp_path, plan=PLAN):
        _ = 1 / 0
    assert (tmp_path / "away/history.jsonl").exists()


def test_a_name_that_was_used_before_is_refused_since_its_values_are_still_there(tmp_path: Path) -> None:
    store = Store()
    with rehearsal(store, NAMES, folder=tmp_path, plan=PLAN):
        pass
    with pytest.raises(LabError, match="another load was called 'away' before"):
        rehearsal(store, NAMES, folder=tmp_path, plan=PLAN).__enter__()
