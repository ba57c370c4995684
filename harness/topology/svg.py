"""Write SVG (W3C SVG 1.1): the few shapes that a drawing needs, with every text escaped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Iterator

FONT = "DejaVu Sans, Verdana, Arial, sans-serif"
ADVANCE = 0.62
"""How wide a character is, at most in the mean, as a part of the font's size."""


def width(text: str, size: float) -> float:
    """Return about how wide a text is, in pixels; rather too much than too little."""
    return len(text) * size * ADVANCE


def number(value: float) -> str:
    """Return a coordinate with one decimal at most."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


@dataclass
class Canvas:
    """Shapes in the order in which they are painted. Coordinates are pixels, from the upper left corner."""

    shapes: list[str] = field(default_factory=list)

    def line(self, start: tuple[float, float], end: tuple[float, float], **style: str | float) -> None:
        """Add a straight line."""
        self._add("line", {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1], **style})

    def box(self, corner: tuple[float, float], size: tuple[float, float], **style: str | float) -> None:
        """Add a rectangle with rounded corners."""
        at = {"x": corner[0], "y": corner[1], "width": size[0], "height": size[1], "rx": 4}
        self._add("rect", {**at, **style})

    def dot(self, center: tuple[float, float], radius: float, **style: str | float) -> None:
        """Add a circle."""
        self._add("circle", {"cx": center[0], "cy": center[1], "r": radius, **style})

    def text(self, at: tuple[float, float], words: str, size: float = 11, **style: str | float) -> None:
        """Add a line of text; `at` is the left end of its baseline, unless `text_anchor` says otherwise."""
        self._add("text", {"x": at[0], "y": at[1], "font_size": size, **style}, words)

    def document(self, wide: float, high: float, title: str) -> str:
        """Return the drawing as a document of that size, on white."""
        head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{number(wide)}" height="{number(high)}"'
        view = f'viewBox="0 0 {number(wide)} {number(high)}" font-family="{FONT}" role="img">'
        shapes = "".join(f"  {shape}\n" for shape in self.shapes)
        white = '  <rect width="100%" height="100%" fill="#fff"/>\n'
        return f"{head} {view}\n  <title>{escape(title)}</title>\n{white}{shapes}</svg>\n"

    def _add(self, tag: str, attributes: dict[str, str | float], words: str | None = None) -> None:
        body = f"<{tag} {' '.join(_attributes(attributes))}"
        self.shapes.append(f"{body}/>" if words is None else f"{body}>{escape(words)}</{tag}>")


def _attributes(attributes: dict[str, str | float]) -> Iterator[str]:
    for name, value in attributes.items():
        text = value if isinstance(value, str) else number(value)
        if text:
            yield f"{name.rstrip('_').replace('_', '-')}={quoteattr(text)}"
