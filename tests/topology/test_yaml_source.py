from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.errors import SpecError
from harness.topology.yaml_source import MAX_BYTES, Source, read


def source(folder: Path, text: str) -> Source:
    path = folder / "f.yaml"
    path.write_text(text, encoding="utf-8")
    return read(path)


def refusal(path: Path) -> str:
    with pytest.raises(SpecError) as caught:
        read(path)
    (problem,) = caught.value.problems
    return str(problem)


def test_values_and_their_lines(tmp_path: Path) -> None:
    found = source(tmp_path, "a: 1\nb:\n  - x\n  - c:\n      d\n")
    assert found.data == {"a": 1, "b": ("x", {"c": "d"})}
    assert found.line(("b",)) == 2
    assert found.line(("b", 1)) == 4
    assert found.line(("b", 1, "c")) == 5
    assert found.line(("b", 1, "nowhere", 7)) == 4


def test_an_empty_value_is_on_the_line_of_its_key(tmp_path: Path) -> None:
    assert source(tmp_path, "a:\n  b:\n\n\n").line(("a", "b")) == 2


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    assert source(tmp_path, "\ufeffa: 1\n").data == {"a": 1}


def test_what_comes_through_an_alias_stands_on_the_line_of_the_alias(tmp_path: Path) -> None:
    found = source(tmp_path, "a: &a\n  b: [1, 2]\nc: *a\n")
    assert found.data == {"a": {"b": (1, 2)}, "c": {"b": (1, 2)}}
    assert found.line(("a", "b", 1)) == 2
    assert found.line(("c", "b", 1)) == 3


def test_merged_keys_give_way_to_own_ones_and_earlier_merges_to_none(tmp_path: Path) -> None:
    found = source(tmp_path, "- &x {a: 1, b: 1}\n- &y {b: 2, c: 2}\n- <<: [*x, *y]\n  c: 3\n- {<<: {d: 4}, e: 5}\n")
    assert isinstance(found.data, tuple)
    assert found.data[2:] == ({"c": 3, "a": 1, "b": 1}, {"e": 5, "d": 4})
    assert (found.line((2, "a")), found.line((2, "c"))) == (3, 4)


def test_a_merge_within_a_merge(tmp_path: Path) -> None:
    found = source(tmp_path, "- &x {a: 1}\n- &y {<<: *x, b: 2}\n- {<<: *y, c: 3}\n")
    assert isinstance(found.data, tuple)
    assert found.data[2] == {"c": 3, "b": 2, "a": 1}


def test_a_quoted_merge_key_is_a_key_like_any_other(tmp_path: Path) -> None:
    assert source(tmp_path, '"<<": {a: 1}\n').data == {"<<": {"a": 1}}


def test_what_is_reported_already_is_known_to_be_broken(tmp_path: Path) -> None:
    found = source(tmp_path, "a: *b\nc: [!x 1, 2]\n")
    assert [problem.line for problem in found.problems] == [1, 2]
    assert found.broken == {("a",), ("c", 0)}
    assert found.data == {"a": None, "c": (None, 2)}


def test_aliases_cannot_expand_without_end(tmp_path: Path) -> None:
    levels = ["a0: &a0 [x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12))]
    with pytest.raises(SpecError, match="more than 100000 values"):
        source(tmp_path, "\n".join(levels))


def test_merges_cannot_expand_without_end(tmp_path: Path) -> None:
    levels = ["- &a0 {k: v}", *(f"- &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}" for i in range(1, 12))]
    with pytest.raises(SpecError, match="more than 100000 values"):
        source(tmp_path, "\n".join(levels))


@pytest.mark.parametrize("form", ["[*a{}]", "{{<<: *a{}, k: v}}"])
def test_a_chain_of_aliases_cannot_exhaust_the_stack(tmp_path: Path, form: str) -> None:
    levels = ["- &a0 {k: v}", *(f"- &a{i} {form.format(i - 1)}" for i in range(1, 1200))]
    with pytest.raises(SpecError, match=r"nested deeper|more than"):
        source(tmp_path, "\n".join(levels))


def test_a_missing_file(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no").endswith("no:1: no such file, expected a file that can be read")


def test_a_folder(tmp_path: Path) -> None:
    assert "Is a directory" in refusal(tmp_path)


def test_a_path_that_no_file_can_have(tmp_path: Path) -> None:
    assert "no path" in refusal(tmp_path / "a\0b")
    assert "File name too long" in refusal(tmp_path / ("x" * 300))
    assert "Not a directory" in refusal(Path(__file__) / "x")


def test_a_file_that_never_ends() -> None:
    assert "longer than 1 MiB" in refusal(Path("/dev/zero"))


def test_the_longest_file(tmp_path: Path) -> None:
    longest = tmp_path / "f"
    longest.write_bytes(b"#" * MAX_BYTES)
    assert "the file is empty" in refusal(longest)
    longest.write_bytes(b"#" * (MAX_BYTES + 1))
    assert "longer than" in refusal(longest)


@pytest.mark.parametrize(
    "content,line",
    [(b"a: 1\nb: \xff\n", 2), ("näme: x".encode("latin-1"), 1), ("a: 1".encode("utf-16"), 1), (b"\x7fELF\x02\xf0", 1)],
)
def test_a_file_that_is_no_utf_8(tmp_path: Path, content: bytes, line: int) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)
    assert f"f:{line}: byte 0x" in refusal(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.touch(mode=0)
    assert "Permission denied" in refusal(path)
