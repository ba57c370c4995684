from __future__ import annotations

from harness.topology.findings import Finding, repeated


def test_the_first_of_a_kind_is_right_and_all_later_ones_are_not() -> None:
    found = list(repeated([(("a",), 1), (("b",), 2), (("c",), 1), (("d",), 1)], "number"))
    assert [(one.location, one.see, one.message, one.expected) for one in found] == [
        (("c",), ("a",), "duplicate number 1", "each number once"),
        (("d",), ("a",), "duplicate number 1", "each number once"),
    ]


def test_a_finding_knows_every_place_that_it_rests_on() -> None:
    assert Finding(("a",), "", "", see=("b",), rests_on=(("c",), ("d",))).grounds == (("a",), ("b",), ("c",), ("d",))
    assert Finding(("a",), "", "").grounds == (("a",),)
