from __future__ import annotations

import pytest

from harness.incident.inventory.contradictions import contradictions, is_foreign
from tests.incident.field import columns, talk, wires
from tests.incident.records import T036

NODES = {f"192.168.100.{10 + number}": f"node0{number}" for number in (1, 2, 3)}


@pytest.mark.parametrize(
    "ends, names, foreign",
    [
        (("10.77.8.21", "10.77.8.22"), (), True),
        (("10.77.8.21", "10.77.8.22"), ("etcd-a",), True),
        (("10.77.8.21", "10.77.8.22"), ("node02.plasma.local",), False),
        (("10.77.8.21", "192.168.100.12"), (), False),
        (("127.0.0.1", "127.0.0.2"), (), False),
    ],
)
def test_a_topology_of_whose_machines_nothing_tells_is_another_ones(
    ends: tuple[str, str], names: tuple[str, ...], *, foreign: bool
) -> None:
    assert is_foreign(T036, columns(talk(*ends)), names) is foreign


def test_what_frames_and_the_topology_have_and_the_other_has_not_is_told() -> None:
    seen = wires(*talk("192.168.100.11", "192.168.100.12"), *talk("192.168.100.11", "192.168.100.40"))
    assert contradictions(T036, seen, NODES, ())[:2] == [
        "no frame and no journal tells of node03, of the topology's machines",
        "there is somebody at 192.168.100.40 who serves others, and no such machine in the topology",
    ]


def test_a_machine_that_wrote_a_journal_is_there() -> None:
    told = contradictions(
        T036, wires(*talk("192.168.100.11", "192.168.100.12")), NODES | {"node03": "node03"}, ["node03"]
    )
    assert not any("node03" in one for one in told)


def test_another_card_is_told() -> None:
    told = contradictions(T036, wires(*talk("192.168.100.11", "192.168.100.12")), NODES, ())
    assert "node01 has 192.168.100.11 at 52:54:c0:a8:64:0b, and at 52:54:00:00:01:01 in the topology" in told
