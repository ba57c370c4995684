from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from night import sparkline
from night.markup import Markup
from night.verdicts import Verdict


def drawn(svg: Markup) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - ours


def points(svg: ET.Element) -> list[tuple[float, float]]:
    (line,) = svg.iter("polyline")
    return [(float(x), float(y)) for x, y in (point.split(",") for point in str(line.get("points")).split())]


def test_a_line_goes_from_left_to_right_and_higher_is_longer() -> None:
    (a, b, c) = points(drawn(sparkline.line([1, 2, 4], label="boot")))
    assert a[0] < b[0] < c[0] <= sparkline.WIDTH
    assert a[1] > b[1] > c[1] >= 0
    assert a[1] - b[1] == pytest.approx((b[1] - c[1]) / 2, abs=0.11)


@pytest.mark.parametrize("values", [[5.0], [0.0], [0.0, 0.0], [1e-9] * 30])
def test_any_values_can_be_drawn(values: list[float]) -> None:
    assert all(0 <= y <= sparkline.HEIGHT for _, y in points(drawn(sparkline.line(values, label="x"))))


def test_a_bound_is_drawn_where_it_is_near() -> None:
    assert len(list(drawn(sparkline.line([1, 2], bound=3, label="x")).iter("line"))) == 1
    assert len(list(drawn(sparkline.line([1, 2], bound=300, label="x")).iter("line"))) == 0


def test_a_strip_has_a_bar_for_each_verdict_and_red_ones_are_higher() -> None:
    svg = drawn(sparkline.strip([Verdict.PASSED, Verdict.FAILED], label="<verdicts>"))
    passed, failed = svg.iter("rect")
    assert float(str(failed.get("height"))) > float(str(passed.get("height")))
    assert failed.get("class") == "bar failed"
    assert svg.findtext("title") == "<verdicts>"
