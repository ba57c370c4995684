"""HTML and SVG as text, with everything escaped that is not markup itself."""

from __future__ import annotations

from html import escape


class Markup(str):
    """A text that is markup already, and is not escaped again."""

    __slots__ = ()


VOID = frozenset({"meta", "br", "line", "polyline", "circle", "rect"})


def tag(name: str, /, *inner: str, **attributes: str | float | None) -> Markup:
    """Return an element. Underscores in names of attributes are hyphens, but for one at the end; None is left out."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID and not inner:
        return Markup(f"<{name}{said}/>")
    return Markup(f"<{name}{said}>{join(*inner)}</{name}>")


def join(*parts: str) -> Markup:
    """Return parts one after another, those that are no markup escaped."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part) for part in parts))
