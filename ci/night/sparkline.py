"""Small drawings of many nights, as SVG that takes its colours from the page. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from night.markup import Markup, join, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from night.verdicts import Verdict

WIDTH, HEIGHT, MARGIN = 120.0, 24.0, 3.0
BAR, GAP = 6.0, 2.0


def line(values: Sequence[float], *, label: str, bound: float | None = None) -> Markup:
    """Return values as a line with its last point marked; a bound is a dashed line where it is near enough to show.

    Nothing is below zero, and the line's foot is zero, so that a small change looks small.
    """
    highest = max(values)
    if bound is not None and bound <= 2 * highest:
        highest = max(highest, bound)
    highest = highest or 1.0
    step = (WIDTH - 2 * MARGIN) / max(1, len(values) - 1)
    points = [(MARGIN + number * step, _y(value / highest)) for number, value in enumerate(values)]
    if len(points) == 1:
        points = [(WIDTH - MARGIN, points[0][1])]
    x, y = points[-1]
    drawn = [
        tag(
            "polyline",
            points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points),
            fill="none",
            stroke="currentColor",
            class_="path",
        )
    ]
    if bound is not None and bound <= highest:
        level = f"{_y(bound / highest):.1f}"
        drawn.insert(0, tag("line", x1=MARGIN, x2=WIDTH - MARGIN, y1=level, y2=level, class_="bound"))
    drawn.append(tag("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=2.2, class_="last"))
    return _svg(WIDTH, label, *drawn)


def strip(verdicts: Sequence[Verdict], *, label: str) -> Markup:
    """Return a bar for each verdict, the oldest first; red ones are higher than others, for who sees no colours."""
    bars = [
        tag(
            "rect",
            x=MARGIN + number * (BAR + GAP),
            y=2 if verdict.red else HEIGHT / 2,
            width=BAR,
            height=HEIGHT - 4 if verdict.red else HEIGHT / 2 - 2,
            class_=f"bar {verdict}",
        )
        for number, verdict in enumerate(verdicts)
    ]
    return _svg(2 * MARGIN + len(verdicts) * (BAR + GAP), label, *bars)


def _y(share: float) -> float:
    return HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN)


def _svg(width: float, label: str, *drawn: Markup) -> Markup:
    inner = join(tag("title", label), *drawn)
    view = f"0 0 {width:g} {HEIGHT:g}"
    return tag("svg", inner, role="img", viewBox=view, width=f"{width:g}", height=f"{HEIGHT:g}")
