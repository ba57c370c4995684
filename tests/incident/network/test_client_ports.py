from __future__ import annotations

import pytest

from harness.faults.words import describe
from harness.incident.network.faults import find
from tests.incident.talk import BEGAN, MILLISECOND, Fate, Talk, both, cut, topology

THREE = topology("node01", "node02", "node03")
CLIENTS = {"alice": "10.0.0.101", "bob": "10.0.0.102"}
ALL = ("node01", "node02", "node03")
OF_NODE01 = both(*((client, "node01") for client in CLIENTS))


def told(fate: Fate, points: tuple[str, ...] = ALL) -> list[str]:
    return [describe(one.fault) for one in find(Talk(THREE, points, fate, outsiders=CLIENTS).record())]


@pytest.mark.parametrize("points", [ALL, ("node01", "alice"), ("alice", "bob", "node02")])
def test_a_port_that_only_clients_use_is_dropped(points: tuple[str, ...]) -> None:
    talk = Talk(THREE, points, cut(4000, 8000, *OF_NODE01, service="tcp:2379"), outsiders=CLIENTS)
    (one,) = find(talk.record())
    assert describe(one.fault) == "drop node01 tcp port=2379"
    assert one.ended is not None
    assert abs(one.began - BEGAN - 4000 * MILLISECOND) < 500 * MILLISECOND
    assert abs(one.ended - BEGAN - 8000 * MILLISECOND) < 500 * MILLISECOND


def test_where_others_get_through_it_is_not_the_port() -> None:
    assert told(cut(4000, 8000, *both(("alice", "node01")))) == []


def test_a_client_that_nobody_hears_has_gone_himself() -> None:
    assert told(cut(4000, 8000, *both(*((client, name) for client in CLIENTS for name in ALL)))) == []


def test_a_machine_that_nobody_hears_has_more_than_a_port_dropped() -> None:
    everybody = both(*((other, "node01") for other in (*CLIENTS, "node02", "node03")))
    assert told(cut(4000, 8000, *everybody)) == ["cut node01/eth0"]
