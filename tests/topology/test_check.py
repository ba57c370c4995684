from __future__ import annotations

from collections.abc import Callable

from harness.topology.check import check
from harness.topology.model import Topology


def test_t036_is_right(t036: Topology) -> None:
    assert check(t036) == []


def test_every_part_is_checked_in_one_go(alter: Callable[..., Topology]) -> None:
    wrong = {
        ("machines", 1, "nics", 0, "address"): "10.0.0.1",
        ("machines", 2, "disk"): "10 GiB",
        ("stack", "bootstrap", 0): "node09",
    }
    assert [finding.location for finding in check(alter(wrong))] == list(wrong)
