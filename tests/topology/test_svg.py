from __future__ import annotations

from xml.etree import ElementTree as ET  # what is parsed here was just written

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.topology.svg import Canvas, number, width

SVG = "{http://www.w3.org/2000/svg}"
printable = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), max_size=40)


@given(printable)
def test_any_text_comes_out_as_it_was(words: str) -> None:
    canvas = Canvas()
    canvas.text((1, 2), words, fill=words or "x")
    root = ET.fromstring(canvas.document(10, 20, words))  # noqa: S314 - what is parsed here was just written
    (text,) = root.iter(f"{SVG}text")
    assert (text.text or "") == words
    assert text.get("font-size") == "11"


@pytest.mark.parametrize("value,text", [(1, "1"), (1.25, "1.2"), (10.0, "10"), (0, "0"), (-3.96, "-4"), (100, "100")])
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


def test_attributes_are_written_as_svg_has_them_and_empty_ones_are_not() -> None:
    canvas = Canvas()
    canvas.line((0, 0), (1, 1), stroke_width=2, stroke_dasharray="", class_="vlan")
    assert canvas.shapes == ['<line x1="0" y1="0" x2="1" y2="1" stroke-width="2" class="vlan"/>']


def test_shapes() -> None:
    canvas = Canvas()
    canvas.box((1, 2), (3, 4), rx=0)
    canvas.dot((1, 2), 3)
    assert canvas.shapes == ['<rect x="1" y="2" width="3" height="4" rx="0"/>', '<circle cx="1" cy="2" r="3"/>']


def test_a_longer_text_is_wider() -> None:
    assert width("", 10) == 0
    assert width("mm", 10) < width("mmm", 10) < width("mmm", 11)
