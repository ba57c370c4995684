from __future__ import annotations

import itertools
import random
from collections import Counter

import pytest

from harness.checks.linearizability import linearizable
from harness.checks.operation import CAS, FAIL, OK, READ, UNKNOWN, WRITE
from harness.clients.client import Client
from tests.clients.store import Store


def client(store: Store, process: int = 0, via: str = "node01") -> Client:
    ticks = itertools.count()
    chance = random.Random(process)  # noqa: S311 - a test's
    return Client(process, store, via, ["x", "y"], chance, clock=lambda: next(ticks))


def test_it_reads_writes_and_swaps_and_what_it_writes_is_unique() -> None:
    store = Store()
    asking = client(store)
    history = [asking.step() for _ in range(300)]
    assert {one.op for one in history} == {READ, WRITE, CAS}
    written = [one.value for one in history if one.writes]
    assert len(written) == len(set(map(str, written)))
    assert all(one.outcome == OK for one in history), "nobody else writes, so that every swap finds what it expects"


def test_a_history_of_several_clients_of_one_store_is_linearizable() -> None:
    store, ticks = Store(), itertools.count()
    clients = [
        Client(number, store, "node01", ["x"], random.Random(number), clock=lambda: next(ticks))  # noqa: S311 - as above
        for number in range(5)
    ]
    history = [one.step() for _ in range(100) for one in clients]
    assert linearizable(history).valid is True
    assert Counter(one.outcome for one in history if one.op == CAS)[FAIL] > 0, "some swaps found another's value"


def test_who_is_away_did_nothing() -> None:
    store = Store()
    store.away = {"node01"}
    asking = client(store)
    assert {asking.step().outcome for _ in range(50)} == {FAIL}
    assert store.values == {}


def test_a_write_without_an_answer_may_have_happened() -> None:
    store = Store()
    store.silent = {"node01"}
    asking = client(store)
    history = [asking.step() for _ in range(50)]
    assert {one.outcome for one in history if one.op == WRITE} == {UNKNOWN}
    assert {one.value for one in history} >= set(store.values.values())
    assert linearizable(history).valid is True


def test_the_same_seed_asks_the_same() -> None:
    one, other = client(Store()), client(Store())
    assert [one.step() for _ in range(20)] == [other.step() for _ in range(20)]


@pytest.mark.parametrize("process", [0, 7])
def test_an_operation_has_its_span_and_its_process(process: int) -> None:
    operation = client(Store(), process).step()
    assert operation.process == process
    assert operation.returned is not None
    assert operation.call < operation.returned
