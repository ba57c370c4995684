from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.topology.validation import Validated, validate
from harness.topology.yaml_source import read


class Leaf(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(description="a text", examples=["x"])
    size: int = Field(default=5, ge=1, description="a number", examples=[1])
    label: str | None = Field(default=None, description="a text", examples=["y"])


class Tree(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    leaves: tuple[Leaf, ...] = Field(min_length=1, description="a list of leaves")
    spare: Leaf | None = None


class Proud(Leaf):
    @model_validator(mode="after")
    def never(self) -> Proud:
        raise ValueError("not even so")


def validated(folder: Path, text: str) -> Validated[Tree]:
    path = folder / "f"
    path.write_text(text)
    return validate(Tree, read(path))


def lines(found: Validated[Tree]) -> list[str]:
    return [str(problem).partition("f:")[2] for problem in sorted(found.problems)]


def test_what_is_right_is_the_model_and_nothing_else(tmp_path: Path) -> None:
    found = validated(tmp_path, "leaves: [{name: a}]")
    assert found == Validated(Tree(leaves=(Leaf(name="a"),)), (), frozenset())


def test_a_wrong_value_is_stood_in_for_and_the_rest_is_as_written(tmp_path: Path) -> None:
    found = validated(tmp_path, "leaves:\n- {name: 7, size: 9}\n- {name: b, size: many}\n- {size: 3}\n- 5\n")
    assert lines(found) == [
        "2: leaves[0].name: the number 7 stands here, expected a text such as x",
        "3: leaves[b].size: 'many' stands here, expected a number such as 1",
        "4: leaves[2]: key 'name' is missing, expected a text such as x",
        "5: leaves[3]: the number 5 stands here, expected a mapping with the keys name, size, label",
    ]
    leaves = [Leaf(name="x", size=9), Leaf(name="b"), Leaf(name="x", size=3), Leaf(name="x")]
    assert found.model == Tree(leaves=tuple(leaves))
    assert found.holes == {("leaves", 0, "name"), ("leaves", 1, "size"), ("leaves", 2, "name"), ("leaves", 3)}


def test_nothing_within_a_hole_is_known(tmp_path: Path) -> None:
    found = validated(tmp_path, "leaves: [{name: a}, 5]")
    assert found.knows(("leaves", 0, "name"))
    assert found.knows(("leaves",))
    assert not found.knows(("leaves", 1))
    assert not found.knows(("leaves", 1, "name"))


def test_a_misspelt_key_is_one_problem_though_the_right_one_is_missing(tmp_path: Path) -> None:
    found = validated(tmp_path, "leaves: [{nmae: a}]")
    assert lines(found) == ["1: leaves[0]: unknown key 'nmae' (did you mean 'name'?), expected name, size or label"]
    assert not found.knows(("leaves", 0, "name"))
    assert found.knows(("leaves", 0, "size"))


def test_a_key_that_means_nothing_known_may_mean_any_that_is_left_out(tmp_path: Path) -> None:
    found = validated(tmp_path, "leaves: [{name: a, capacity: 5}]")
    assert lines(found) == ["1: leaves[a]: unknown key 'capacity', expected name, size or label"]
    assert found.knows(("leaves", 0, "name"))
    assert not found.knows(("leaves", 0, "size"))


def test_an_optional_part_that_is_wrong_is_left_out(tmp_path: Path) -> None:
    found = validated(tmp_path, "leaves: [{name: a}]\nspare: 5\n")
    assert found.model == Tree(leaves=(Leaf(name="a"),))
    assert not found.knows(("spare", "name"))


def test_a_wrong_whole_leaves_no_part_known(tmp_path: Path) -> None:
    found = validated(tmp_path, "[]")
    assert lines(found) == ["1: an empty list stands here, expected a mapping with the keys leaves, spare"]
    assert not found.knows(("leaves",))


@pytest.mark.parametrize(
    "text", ["leaves: [{name: *x}]", "leaves: [*x]", "leaves: *x", "leaves: [{name: a, size: *x}]"]
)
def test_what_the_source_reported_is_not_reported_again(tmp_path: Path, text: str) -> None:
    found = validated(tmp_path, text)
    assert found.problems == ()
    assert found.model is not None
    assert found.holes


def test_a_wrong_value_behind_an_anchor_is_reported_once(tmp_path: Path) -> None:
    found = validated(tmp_path, "leaves:\n- &a {name: 7}\n- *a\n- <<: *a\n  size: 2\n")
    assert lines(found) == ["2: leaves[0].name: the number 7 stands here, expected a text such as x"]
    assert len(found.holes) == 3


def test_a_model_that_refuses_even_the_stand_ins_gives_no_model(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("name: a")
    found = validate(Proud, read(path))
    assert found.model is None
    assert [problem.message for problem in found.problems] == ["not even so"]
