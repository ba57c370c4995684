from __future__ import annotations

from dataclasses import replace

from harness.incident.files.configuration import Config
from harness.incident.inventory.hosts import hosts
from harness.incident.inventory.strangers import strangers
from tests.incident.clocks.test_walls import LINE
from tests.incident.field import talk, wires

HEARD = {"10.0.0.1", "10.0.0.2"}


def config(name: str, address: str, *peers: str) -> Config:
    return Config(f"{name}.json", {"node_id": name, "raft_addr": f"{address}:2380", "initial_peers": list(peers)})


ONE, TWO = config("one", "10.0.0.1", "two:2380", "silent:2380"), config("two", "10.0.0.2")
SILENT, ZEUS, HERA = (
    config("silent", "10.0.0.3"),
    config("zeus", "172.16.9.1", "hera:2380"),
    config("hera", "172.16.9.2", "zeus:2380"),
)
EVERY = [ONE, TWO, SILENT, ZEUS, HERA]


def found(*, heard: set[str] = HEARD, host: str = "") -> list[Config]:
    lines = [replace(LINE, host=host, message="hello")] if host else []
    return strangers(hosts(None, EVERY, lines, [], wires(*talk("10.0.0.1", "10.0.0.2")))[0], EVERY, lines, heard)


def test_whom_nobody_tells_of_is_a_stranger() -> None:
    assert found() == [ZEUS, HERA]


def test_who_writes_a_journal_is_none_and_neither_are_its_peers() -> None:
    assert found(host="hera.gods.org") == []


def test_without_frames_all_are_taken() -> None:
    assert found(heard=set()) == []
