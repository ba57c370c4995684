from __future__ import annotations

from itertools import permutations

import pytest

from harness.faults.words import describe, fault_of
from harness.incident.network.shapes import explain
from harness.network import hearing
from harness.network.selection import Directory
from tests.incident.talk import both, topology

THREE = topology("node01", "node02", "node03")
SITES = topology(*(f"n{number}" for number in range(1, 8)), sites="aaabbcc")


def silent_of(words: str, where: object) -> set[tuple[str, str]]:
    fault = fault_of(words.split())
    directory = Directory(where)  # type: ignore[arg-type]
    rig = type("Rig", (), {"topology": where, "machines_of": directory.machines_of})()
    return {(one, other) for other, speakers in fault.hearing(rig).items() for one in speakers}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "where, words",
    [
        (THREE, "isolate node02"),
        (THREE, "split node01 node03"),
        (THREE, "deafen node01 node02"),
        (THREE, "deafen node01 node02,node03"),
        (THREE, "deafen node02,node03 node01"),
        (SITES, "isolate a"),
        (SITES, "isolate n1"),
        (SITES, "isolate n1,n4"),
        (SITES, "split a b"),
        (SITES, "deafen b a,c"),
        (SITES, "bridge a n4 c,n5"),
        (SITES, "ring n1,n2,n3,n4,n5,n6,n7"),
    ],
)
def test_what_is_silent_by_a_fault_is_explained_by_it(where: object, words: str) -> None:
    silent = silent_of(words, where)
    heard = {pair for pair in permutations([one.name for one in where.machines], 2) if pair not in silent}  # type: ignore[attr-defined]
    (shape,) = explain(where, silent, heard, of=silent)  # type: ignore[arg-type]
    assert describe(shape.fault) == words
    assert shape.silent == silent


def test_nobody_who_was_heard_is_silenced() -> None:
    silent = set(both(("node01", "node02"), ("node01", "node03")))
    assert [describe(one.fault) for one in explain(THREE, silent, both(("node02", "node03")), of=silent)] == [
        "isolate node01"
    ]
    heard = [("node01", "node03")]
    shapes = explain(THREE, silent - {*heard}, heard, of=silent - {*heard})
    assert not any(shape.silent & {*heard} for shape in shapes)
    assert silent - {*heard} <= set().union(*(shape.silent for shape in shapes))


def test_one_that_only_one_can_tell_of_is_rather_cut_off_from_all() -> None:
    silent = both(("node01", "node02"))
    (shape,) = explain(THREE, silent, both(("node01", "node03")), of=silent)
    assert describe(shape.fault) == "isolate node02"


def test_a_ring_is_what_the_network_makes_of_one() -> None:
    names = [machine.name for machine in SITES.machines]
    silent = {(one, other) for other, speakers in hearing.majorities_ring(names).items() for one in speakers}
    assert silent == silent_of(f"ring {','.join(names)}", SITES)
