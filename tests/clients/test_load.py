from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

import pytest

from harness.checks.history import parse
from harness.checks.linearizability import linearizable
from harness.checks.operation import FAIL, OK
from harness.clients.load import AT_ONCE, Load, Plan
from harness.sandbox.waiting import NotSeen
from harness.units import milliseconds, seconds
from tests.clients.store import Store

NAMES = [f"node{number:02}" for number in range(1, 13)]
FAST = Plan(rate=200, seed=3)


def load(store: Store, folder: Path, names: list[str] = NAMES, plan: Plan = FAST) -> Load:
    return Load(store, names, folder=folder, plan=plan)


def test_every_client_asks_its_own_machine_and_the_history_is_left_behind(tmp_path: Path) -> None:
    store = Store()
    with load(store, tmp_path / "evidence") as clients:
        clients.wait_for(5, within=20 * seconds)
    history = clients.history
    assert {one.process for one in history} == set(range(len(NAMES)))
    written = (tmp_path / "evidence/history.jsonl").read_bytes()
    assert [one._replace(line=0) for one in parse(written, "history")] == history
    assert linearizable(history).valid is True
    assert all("value" in json.loads(line) for line in written.splitlines())


def test_no_key_is_shared_by_more_clients_than_a_search_can_take(tmp_path: Path) -> None:
    with load(Store(), tmp_path) as clients:
        clients.wait_for(10, within=20 * seconds)
    sharing = Counter(key for key, _ in {(one.key, one.process) for one in clients.history})
    assert 1 < max(sharing.values()) <= AT_ONCE


def test_the_rate_is_bounded(tmp_path: Path) -> None:
    started = time.monotonic()
    with load(Store(), tmp_path, NAMES[:2], Plan(rate=20)) as clients:
        clients.wait_for(10, within=20 * seconds)
    most = max(Counter(one.process for one in clients.history).values())
    assert most <= (time.monotonic() - started) * 20 + 1


def test_who_is_away_has_ended_operations_and_none_that_is_acknowledged(tmp_path: Path) -> None:
    store = Store()
    store.away = {"node02"}
    with load(store, tmp_path, NAMES[:2]) as clients:
        clients.wait_for(5, through=["node01"], within=20 * seconds)
        clients.wait_for(5, through=["node02"], acknowledged=False, within=20 * seconds)
        with pytest.raises(NotSeen, match="1 acknowledged operations of each of 1 clients"):
            clients.wait_for(1, through=["node02"], within=50 * milliseconds)
        back = clients.now()
        store.away.clear()
        clients.wait_for(2, since=back, within=20 * seconds)
    asked = [one for one in clients.history if one.process == 1]
    assert {one.outcome for one in asked if one.returned is not None and one.returned < back} == {FAIL}
    assert {one.outcome for one in asked if one.call >= back} >= {OK}


def test_an_error_that_is_no_answer_ends_the_load_with_it(tmp_path: Path) -> None:
    class Broken(Store):
        def get(self, *_: object, **__: object) -> str | None:
            raise KeyError("node99")

        put = get  # type: ignore[assignment]
        compare_and_swap = get  # type: ignore[assignment]

    with pytest.raises(ExceptionGroup, match="2 of 2 clients failed"), load(Broken(), tmp_path, NAMES[:2]) as clients:  # noqa: PT012
        with pytest.raises(ExceptionGroup, match="of 2 clients failed"):
            clients.wait_for(1, within=20 * seconds)
        clients.stop()


@pytest.mark.parametrize("rate,keys", [(0, 3), (-1, 3), (float("inf"), 3), (float("nan"), 3), (5, 0)])
def test_a_plan_that_asks_nothing_is_refused(rate: float, keys: int) -> None:
    with pytest.raises(ValueError, match="expected more than 0 on 1 or more"):
        Plan(rate=rate, keys=keys)


@pytest.mark.parametrize("name", ["", "..", "a/b", "/tmp", "a/"])
def test_a_plan_whose_name_no_folder_can_have_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no plain name"):
        Plan(name=name)
