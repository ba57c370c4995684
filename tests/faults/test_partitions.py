from __future__ import annotations

import pytest

from harness.faults.partitions import Bridge, Deafen, Drop, Isolate, Partition, Ring, Split
from harness.network.impairment import Impairment
from tests.faults.rig import RealRig

SITES = ("node01", "node04", "node07")

pytestmark = pytest.mark.kernel


@pytest.mark.parametrize(
    "fault, bites",
    [
        (Isolate(("a",)), {"node01", "node04", "node07"}),
        (Split(("a",), ("b",)), {"node01", "node04"}),
        (Deafen(("a",), ("c",)), {"node07"}),
        (Bridge(("a",), ("b",), ("c",)), {"node01", "node07"}),
        (Drop(("a",), "udp", 9), {"node01", "node04", "node07"}),
        (Drop(("a",), "tcp"), set()),
        (Split(("node02",), ("node03",)), set()),
    ],
)
def test_a_partition_bites_whom_its_shape_says(rig: RealRig, fault: Partition, bites: set[str]) -> None:
    rig.links("a", "b", "c").impair(Impairment())
    bitten = set()
    for speaker in SITES:
        injected = fault.inject(rig)
        rig.say(speaker)
        injected.heal()
        if injected.proof().bit:
            bitten.add(speaker)
    assert bitten == bites


def test_in_a_ring_everyone_hears_a_majority(rig: RealRig) -> None:
    everyone = tuple(machine.name for machine in rig.topology.machines)
    who = Ring(everyone).hearing(rig)
    assert all(len(everyone) - len(deaf) > len(everyone) / 2 for deaf in who.values())


def test_names_that_mean_nothing_are_problems(rig: RealRig) -> None:
    assert Isolate(("a",)).problems(rig) == []
    (problem,) = Isolate(("d",)).problems(rig)
    assert problem.startswith("'d' is no machine")
    (problem,) = Isolate(("a--b",)).problems(rig)
    assert "is no machine and has none" in problem


@pytest.mark.parametrize(
    "fault, told",
    [
        (Split(("a", "node04"), ("b",)), "node04 is on both sides"),
        (Isolate(("a", "b", "c")), "everyone would still hear everyone"),
        (Deafen(("node01",), ("node01",)), "everyone would still hear everyone"),
        (Ring(("node01",)), "everyone would still hear everyone"),
    ],
)
def test_what_parts_nobody_is_a_problem(rig: RealRig, fault: Partition, told: str) -> None:
    assert fault.problems(rig) == [told]


def test_traffic_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="'quic' is no protocol"):
        Drop(("a",), "quic")
