from __future__ import annotations

import pytest

from harness.checks.watches import Change, watch_in_order


def changes(*told: tuple[str, int, int | None]) -> list[Change]:
    return [Change(*one) for one in told]


@pytest.mark.parametrize(
    "told,because",
    [
        ([("a", 501, None), ("b", 2, None)], "the revision went back from 501 to 2"),
        ([("a", 5, 1), ("a", 5, 1)], "key 'a' at revision 5 was told twice"),
        ([("a", 5, 1), ("a", 8, 3)], "key 'a' went from version 1 to 3"),
        ([("a", 5, 0), ("a", 8, 2)], "key 'a' went from version 0 to 2"),
    ],
)
def test_what_is_out_of_order_is_found(told: list[tuple[str, int, int | None]], because: str) -> None:
    verdict = watch_in_order(changes(*told))
    assert verdict.valid is False
    assert verdict.because.startswith(because)
    assert verdict.witness


def test_transactions_deletions_and_gaps_of_other_keys_are_in_order() -> None:
    told = changes(("a", 5, 1), ("b", 5, 7), ("a", 6, 0), ("a", 9, 1), ("b", 10, 8), ("c", 12, None), ("c", 13, None))
    assert watch_in_order(told).valid is True


def test_an_acknowledged_write_between_the_first_and_the_last_has_to_be_told() -> None:
    told = changes(("a", 5, None), ("a", 9, None))
    assert watch_in_order(told, {"a": [1, 5, 9, 20]}).valid is True
    assert watch_in_order(told, {"b": [7]}).because == "the write of key 'b' at revision 7 was never told"


def test_a_jump_back_with_five_hundred_duplicates_is_told_once_in_short() -> None:
    told = [Change("k", revision) for revision in [*range(2, 502), *range(2, 502)]]
    verdict = watch_in_order(told)
    assert verdict.because == "the revision went back from 501 to 2 (and 500 more like it)"
    assert verdict.witness == (Change("k", 501), Change("k", 2))


def test_nothing_told_is_unknown() -> None:
    assert watch_in_order([]).valid is None
