"""Heads of HTTP/1.x messages of which names, secrets and strange words are replaced; bodies are left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.incident.scrub.text import Text

START = re.compile(rb"(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT) \S|HTTP/1\.[01] [1-5]\d\d")
END = b"\r\n\r\n"
LINE = "\r\n"
LONGEST_HEAD = 1 << 14
SENSITIVE = re.compile(r"auth|token|cookie|secret|key|session|credential|signature", re.IGNORECASE)
QUERY = re.compile(r"([?&][^=&\s]*=)([^&\s]*)")


def scrubbed(payload: bytes, text: Text) -> bytes:
    """Return what stands for the head that a segment begins with, as long as it; nothing where it begins with none.

    Of a head that goes on in the next segment only whole lines are there.
    """
    if not START.match(payload):
        return b""
    head, ended, _ = payload[:LONGEST_HEAD].partition(END)
    lines = head.decode("latin-1").split(LINE)
    if not ended:
        lines = lines[:-1]
    found = LINE.join(_line(line, number, text) for number, line in enumerate(lines))
    return found.encode("latin-1", "replace") + (END if ended else LINE.encode() * bool(lines))


def _line(line: str, number: int, text: Text) -> str:
    """Return a line as long as it was: blanks fill one up, too long a one is blanked."""
    if number:
        name, colon, value = line.partition(":")
        said = text.blank(value) if SENSITIVE.search(name) else text.known(value)
        found = text.known(name) + colon + said
    else:
        found = text.known(QUERY.sub(lambda one: one[1] + text.blank(one[2]), line))
    return found.ljust(len(line)) if len(found) <= len(line) else text.blank(line)
