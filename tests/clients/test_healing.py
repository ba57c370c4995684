from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from harness.clients.healing import every_member_serves, final_values
from harness.errors import ScenarioFailure
from harness.sandbox.waiting import NotSeen
from harness.stacks.protocol import Revision, Which
from harness.units import milliseconds, seconds
from tests.checks.make import w
from tests.clients.store import WITHIN, Forgetful, Store

NAMES = ["node01", "node02", "node03"]


def test_members_that_serve_and_agree_pass() -> None:
    store = Store()
    every_member_serves(store, NAMES, "again", within=5 * seconds)
    assert store.values == {f"healed/again/{name}": f"by {name}" for name in NAMES}


def test_a_member_that_comes_back_late_is_waited_for() -> None:
    store = Store()
    store.away = {"node02"}
    threading.Timer(0.2, store.away.clear).start()
    every_member_serves(store, NAMES, "again", within=20 * seconds)


def test_a_member_that_does_not_take_a_write_is_named() -> None:
    store = Store()
    store.silent = {"node02"}
    with pytest.raises(NotSeen, match=r"every member to accept a write; .*{'node02': 'no answer'}"):
        every_member_serves(store, NAMES, "again", within=50 * milliseconds)


def test_a_write_that_was_taken_and_is_not_there_is_told_at_once() -> None:
    with pytest.raises(ScenarioFailure, match=r"every member to read what all wrote; .*healed/again/node03 as None"):
        every_member_serves(Forgetful(), NAMES, "again", within=60 * seconds)


def test_final_values_are_those_of_every_key_of_the_history() -> None:
    store = Store()
    store.put("x", "a")
    assert final_values(store, [w(1, 2, "a"), w(3, 4, "b")._replace(key="y")]) == {"x": "a", "y": None}


class Meeting(Store):
    """Takes nobody's write before everybody's is there."""

    def __init__(self, members: int) -> None:
        super().__init__()
        self._all_here = threading.Barrier(members)

    def put(self, key: str, value: str, *, via: Which | None = None, within: timedelta = WITHIN) -> Revision:
        self._all_here.wait(within.total_seconds())
        return super().put(key, value, via=via, within=within)


def test_nobody_waits_for_the_answers_of_others() -> None:
    crowd = [f"node{number:02}" for number in range(1, 10)]
    every_member_serves(Meeting(len(crowd)), crowd, "again", within=5 * seconds)
