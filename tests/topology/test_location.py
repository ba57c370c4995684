from __future__ import annotations

from harness.topology.location import outwards, render
from harness.topology.model import Topology


def test_items_are_called_by_their_names_in_raw_values() -> None:
    data = {"machines": ({"name": "node01"}, {"name": "node02", "nics": ({"name": "eth0"},)})}
    assert render(data, ("machines", 1, "nics", 0, "mac")) == "machines[node02].nics[eth0].mac"


def test_items_are_called_by_their_names_in_the_model(t036: Topology) -> None:
    assert render(t036, ("machines", 2, "nics", 0, "mac")) == "machines[node03].nics[eth0].mac"


def test_what_has_no_name_that_reads_well_is_called_by_its_position() -> None:
    data: tuple[object, ...] = ({"name": "two\nlines"}, {"name": 3}, {}, "text", {"name": "x" * 64})
    assert [render(data, (i,)) for i in range(6)] == ["[0]", "[1]", "[2]", "[3]", "[4]", "[5]"]


def test_a_location_that_is_not_there_is_rendered_all_the_same() -> None:
    assert render(None, ("stack", "raft", 0)) == "stack.raft[0]"


def test_outwards_ends_at_the_whole() -> None:
    assert list(outwards(("a", 0, "b"))) == [("a", 0, "b"), ("a", 0), ("a",), ()]
