from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import SpecError
from harness.topology.yaml_tree import MAX_DEPTH, Alias, Mapping, Scalar, Sequence, parse, resolve


def problems(text: str) -> list[str]:
    try:
        return [str(problem) for problem in parse(text, "f")[1]]
    except SpecError as error:
        return [str(problem) for problem in error.problems]


def test_each_node_knows_its_line() -> None:
    root, found = parse("a: 1\nb:\n  - x\n  - {c: d,\n     e: f}\n", "f")
    assert found == []
    assert isinstance(root, Mapping)
    (a, one), (b, items) = root.pairs
    assert (a.line, one.line, b.line, items.line) == (1, 1, 2, 3)
    assert isinstance(items, Sequence)
    flow = items.items[1]
    assert isinstance(flow, Mapping)
    assert [(key.text, key.line) for key, _ in flow.pairs] == [("c", 4), ("e", 5)]


@pytest.mark.parametrize(
    "text,value",
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("on", "on"),
        ("36", 36),
        ("-7", -7),
        ("012", 12),
        ("0o17", 15),
        ("0xff", 255),
        ("1_000", "1_000"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ("52:54:00:00:01:01", "52:54:00:00:01:01"),  # in YAML 1.1 such a thing may be a number of base 60
        ("2025-12-12", "2025-12-12"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_plain_scalars_follow_the_core_schema(text: str, value: object) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


def test_not_a_number_is_a_float() -> None:
    assert math.isnan(resolve(".nan"))  # type: ignore[arg-type]


def test_quoted_and_tagged_scalars_stay_text() -> None:
    root, _ = parse("""[1, "1", '1', !!str 1, ! 1]""", "f")
    assert isinstance(root, Sequence)
    assert [item.value for item in root.items if isinstance(item, Scalar)] == [1, "1", "1", "1", "1"]


def test_an_alias_refers_to_the_last_anchor_before_it() -> None:
    root, found = parse("- &x 1\n- &x 2\n- *x\n", "f")
    assert found == []
    assert isinstance(root, Sequence)
    alias = root.items[2]
    assert isinstance(alias, Alias)
    assert (alias.line, alias.target) == (3, root.items[1])


def test_lines_are_those_of_an_editor() -> None:
    # YAML 1.1 called these line breaks, too; no editor does.
    assert problems("a: x\u2028y\x85z\nb: *c\n") == [
        "f:2: alias '*c' has no anchor, expected an anchor at a value that ends before it"
    ]


@pytest.mark.parametrize(
    "text,line",
    [
        ("", 1),
        ("\n\n# comment\n", 1),
        ("a: [\n", 1),
        ("a: [\nb", 2),
        ("%YAML 3.0\n---\na: 1\n", 1),
        ("a: b: c\n", 1),
        ("a: 'x\n\n\n", 3),
        ("a\x00b", 1),
        ("a: \x1b[0m\n", 1),
        ("\ta: 1", 1),
        ("--- a\n--- b\n", 2),
        ("@", 1),
        ("a: &\n", 1),
        ("a: !<\n", 1),
    ],
)
def test_what_is_no_yaml_is_one_problem_at_its_line(text: str, line: int) -> None:
    (problem,) = problems(text)
    assert problem.startswith(f"f:{line}: ")


def test_nesting_is_bounded_before_anything_recurses() -> None:
    assert problems("[" * MAX_DEPTH + "]" * MAX_DEPTH) == []
    assert problems("[" * 500_000) == [f"f:1: nested deeper than {MAX_DEPTH} levels, expected a topology"]
    assert problems("- " * 1000) == [f"f:1: nested deeper than {MAX_DEPTH} levels, expected a topology"]


def test_problems_before_the_end_of_the_yaml_are_kept() -> None:
    assert len(problems("a: *x\nb: [\n")) == 2


def test_long_keys_are_cut() -> None:
    (problem,) = problems(f"{{? {'k' * 900} : 1, ? {'k' * 900} : 2}}")
    assert len(problem) < 200


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%@`,?~<\\ \t\n\r0.", max_size=60) | st.text(max_size=60))
@settings(deadline=None, max_examples=60)
def test_any_text_gives_a_tree_or_a_spec_error_with_lines_inside_the_file(text: str) -> None:
    try:
        found = parse(text, "f")[1]
    except SpecError as error:
        found = list(error.problems)
        assert found
    lines = max(1, text.count("\n") + (not text.endswith("\n")))
    for problem in found:
        assert 1 <= problem.line <= lines
        assert "\n" not in str(problem)
