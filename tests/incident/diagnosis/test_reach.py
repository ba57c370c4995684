from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import LabError
from harness.faults.words import parse
from harness.incident.diagnosis.reach import Places, Reach
from harness.topology.loader import load

TOPOLOGIES = Path(__file__).parents[3] / "scenarios/topologies"


def reach(line: str, topology: str = "t036") -> Reach:
    (step,) = parse(f"at 0s {line}")
    return Places(load(TOPOLOGIES / f"{topology}.yaml")).reach(step.fault)


@pytest.mark.parametrize(
    "one,other,topology",
    [
        ("isolate node02", "cut node02/eth0", "t036"),
        ("isolate node02", "split node01,node03 node02", "t036"),
        ("split node01 node02", "deafen node01 node02", "t036"),
        ("isolate a", "wan-loss a", "three-sites"),
        ("wan-loss a--b", "cut a--b", "three-sites"),
        ("flap node02", "swizzle node02/eth0", "t036"),
        ("power-cut node02", "reset node02", "t036"),
        ("kill node02 etcd", "stop node02 etcd", "t036"),
    ],
)
def test_what_looks_alike_has_the_same_reach(one: str, other: str, topology: str) -> None:
    same = "deafen" not in other
    assert (reach(one, topology) == reach(other, topology)) is same


def test_one_way_is_half_of_both() -> None:
    assert reach("deafen node01 node02").deaf == {("node01", "node02")}
    assert reach("cut node01/eth0 way=up").deaf == {("node02", "node01"), ("node03", "node01")}
    assert reach("cut node01/eth0 way=down").deaf == {("node01", "node02"), ("node01", "node03")}


@pytest.mark.parametrize(
    "line,machines",
    [
        ("isolate node02", {"node02"}),
        ("split node01 node02", {"node01", "node02"}),
        ("impair node03 delay=20ms", {"node03"}),
        ("drop node01 tcp port=2380", {"node01"}),
        ("kill node01,node02 etcd", {"node01", "node02"}),
        ("leases-exhausted", set()),
    ],
)
def test_a_fault_is_about_machines(line: str, machines: set[str]) -> None:
    assert reach(line).concerned == machines


def test_a_name_that_means_nothing_is_told() -> None:
    with pytest.raises(LabError, match="'node09' is no machine"):
        reach("isolate node09")


def test_traffic_is_told_apart() -> None:
    assert reach("drop node01 tcp port=2380") != reach("drop node01 tcp port=2379")
    assert reach("drop node01 udp") != reach("isolate node01")
