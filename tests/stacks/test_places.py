from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

import pytest

from harness.stacks.places import joining_machines, reached_machines, stack_machines, stack_of
from harness.topology.loader import load

TOPOLOGIES = Path(__file__).parents[2] / "scenarios/topologies"
T036 = load(TOPOLOGIES / "t036.yaml")
PHOTONCLOUD = load(TOPOLOGIES / "photoncloud.yaml")


def test_the_machines_of_a_stack_are_those_on_its_vlan() -> None:
    assert list(stack_machines(T036)) == ["node01", "node02", "node03"]


def test_a_topology_without_a_stack_has_none() -> None:
    with pytest.raises(LookupError, match="t036 has no stack"):
        stack_of(T036.model_copy(update={"stack": None}))


def test_who_only_uses_a_stack_is_reached_but_does_not_run_it() -> None:
    assert list(stack_machines(PHOTONCLOUD)) == ["node01", "node02", "node03"]
    assert reached_machines(PHOTONCLOUD)["node04"] == IPv4Address("10.0.200.20")


def test_who_runs_a_stack_and_does_not_form_it_joins_later() -> None:
    assert joining_machines(load(TOPOLOGIES / "add-node.yaml")) == ("node04",)
    assert joining_machines(T036) == joining_machines(PHOTONCLOUD) == ()
