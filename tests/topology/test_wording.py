from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.topology.wording import choice, nearest, quote, show, suggestion


@given(st.text() | st.integers() | st.floats() | st.lists(st.integers()) | st.dictionaries(st.text(), st.text()))
def test_whatever_it_is_takes_one_short_line(value: object) -> None:
    assert "\n" not in show(value)
    assert len(show(value)) < 400


@pytest.mark.parametrize(
    "value,text",
    [
        (None, "nothing"),
        ("a", "'a'"),
        (True, "true"),
        (36, "the number 36"),
        (float("nan"), "the number nan"),
        ({"a": 1}, "a mapping"),
        ({}, "an empty mapping"),
        ((1,), "a list"),
        ((), "an empty list"),
    ],
)
def test_values_are_named_by_their_kind(value: object, text: str) -> None:
    assert show(value) == text


def test_a_long_text_is_cut() -> None:
    assert quote("x" * 60) == repr("x" * 60)
    assert quote("x" * 61) == repr("x" * 59 + "…")


@pytest.mark.parametrize("words,text", [([], ""), (["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")])
def test_choices(words: list[str], text: str) -> None:
    assert choice(words) == text


def test_of_many_words_the_first_are_offered() -> None:
    assert choice([str(i) for i in range(100)]).endswith("14, 15 or 84 more")


def test_the_nearest_word_is_suggested_and_a_far_one_is_not() -> None:
    assert nearest("gatway", ["name", "gateway"]) == "gateway"
    assert suggestion("gatway", ["name", "gateway"]) == " (did you mean 'gateway'?)"
    assert suggestion("sites", ["name", "gateway"]) == ""
