"""How messages repeat what an input says: short, and on one line."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_QUOTE = 60
"""How many characters of an input a message repeats, and a comparison looks at."""

MAX_CHOICE = 16
"""How many words a message offers."""


def quote(text: str) -> str:
    """Return a text in quotes, shortened where it is long."""
    return repr(text if len(text) <= MAX_QUOTE else text[: MAX_QUOTE - 1] + "…")


def show(value: object) -> str:
    """Return what a value is, for a person: texts in quotes, the kind of anything else."""
    match value:
        case None:
            return "nothing"
        case str():
            return quote(value)
        case bool():
            return str(value).lower()
        case dict() | tuple() | list():
            kind = "mapping" if isinstance(value, dict) else "list"
            return f"a {kind}" if value else f"an empty {kind}"
    return f"the number {quote(str(value))[1:-1]}" if isinstance(value, int | float) else quote(str(value))


def choice(words: Sequence[str]) -> str:
    """Return words as a choice: ``a``, ``a or b``, ``a, b or c``; of many, the first and how many more there are."""
    if len(words) > MAX_CHOICE:
        words = [*words[:MAX_CHOICE], f"{len(words) - MAX_CHOICE} more"]
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def nearest(word: str, known: Sequence[str]) -> str | None:
    """Return the known word that was probably meant, or None where none is near."""
    near = get_close_matches(word[:MAX_QUOTE], known, n=1)
    return near[0] if near else None


def suggestion(word: str, known: Sequence[str]) -> str:
    """Return ``(did you mean 'cluster'?)`` with a space before it, or nothing where no known word is near."""
    near = nearest(word, known)
    return f" (did you mean {quote(near)}?)" if near is not None else ""
