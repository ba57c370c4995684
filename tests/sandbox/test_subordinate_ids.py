from __future__ import annotations

import pytest

from harness.sandbox.subordinate_ids import MOST_LINES, Identity, Span, free_range, granted, outside, parse_map, words

SUBUID = """\
# comment
ada:100000:65536
1001:300000:1000
bob:165536:65536
ada:400000:10
ada:x:3
ada:7
ada:500000:0
"""


def test_ids_are_granted_by_name_or_number_in_several_lines_and_nonsense_is_left_out() -> None:
    assert granted(SUBUID, "ada", 1000) == ((100000, 65536), (400000, 10))
    assert granted(SUBUID, "eve", 1001) == ((300000, 1000),)
    assert granted(SUBUID, "eve", 1002) == ()


def test_one_s_own_id_is_root_and_the_others_follow() -> None:
    spans = Identity(1000, ((100000, 65536), (400000, 10))).spans()
    assert spans == (Span(0, 1000, 1), Span(1, 100000, 65536), Span(65537, 400000, 10))
    assert words(spans[:2]) == ["0", "1000", "1", "1", "100000", "65536"]
    assert Identity(1000).spans() == (Span(0, 1000, 1),)


def test_a_map_has_as_many_lines_as_the_kernel_takes() -> None:
    assert len(Identity(1000, ((100000, 1),) * 1000).spans()) == MOST_LINES


def test_an_id_is_followed_to_the_namespace_above() -> None:
    spans = parse_map("         0       1000          1\n         1     100000      65536\n")
    assert [outside(number, spans) for number in (0, 1, 65536, 65537)] == [1000, 100000, 165535, 65537]
    assert outside(1000, parse_map("0 0 4294967295")) == 1000


@pytest.mark.parametrize(
    "texts, expected",
    [
        ([], "100000-165535"),
        (["", "no sense\n"], "100000-165535"),
        (["ada:100000:65536\n", "ada:165536:65536\n"], "231072-296607"),
        (["ada:1000:5\n"], "100000-165535"),
    ],
)
def test_ids_that_others_have_are_not_suggested_again(texts: list[str], expected: str) -> None:
    assert free_range(*texts) == expected
