"""Heads of HTTP/1.x messages: start lines and fields (RFC 9112, sections 2 to 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture.protocols.malformed import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping

REQUEST_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) (\S{1,8000}) HTTP/1\.[01]")
STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: [^\r\n]*)?")
DIGITS = re.compile(r"[0-9]{1,18}")
SHOWN = 24
SWITCHING_PROTOCOLS = 101


@dataclass(frozen=True, slots=True)
class Request:
    """A request's head. Field names are in lower case; `content_length` is None where the head does not say."""

    method: str
    target: str
    fields: Mapping[str, str]
    content_length: int | None


@dataclass(frozen=True, slots=True)
class Response:
    """A response's head; fields as in a request."""

    status: int
    fields: Mapping[str, str]
    content_length: int | None

    @property
    def interim(self) -> bool:
        """Whether the answer proper is still to come (1xx); 101 is one, after which another protocol is spoken."""
        return self.status < 200 and self.status != SWITCHING_PROTOCOLS  # noqa: PLR2004 - see above

    def ends_http(self, method: str) -> bool:
        """Whether this answer to a request of that method ends HTTP on its connection (RFC 9110, 9.3.6 and 15.2.2)."""
        return self.status == SWITCHING_PROTOCOLS or (method == "CONNECT" and 200 <= self.status < 300)  # noqa: PLR2004 - 2xx


def request(head: bytes) -> Request:
    """Decode a request's head, without the empty line after it. Raises `Malformed`."""
    line, _, lines = head.partition(b"\r\n")
    found = REQUEST_LINE.fullmatch(line)
    if not found:
        raise Malformed(f"{shown(line)} is no request line")
    fields = _fields(lines)
    return Request(found[1].decode("latin-1"), found[2].decode("latin-1"), fields, _content_length(fields))


def response(head: bytes) -> Response:
    """Decode a response's head, without the empty line after it. Raises `Malformed`."""
    line, _, lines = head.partition(b"\r\n")
    found = STATUS_LINE.fullmatch(line)
    if not found:
        raise Malformed(f"{shown(line)} is no status line")
    fields = _fields(lines)
    return Response(int(found[1]), fields, _content_length(fields))


def chunked(fields: Mapping[str, str]) -> bool:
    """Whether the body comes in chunks."""
    return "chunked" in fields.get("transfer-encoding", "").lower()


def shown(data: bytes) -> str:
    """Return the start of octets, enough to recognise them by."""
    return repr(data[:SHOWN])[1:] + ("…" if len(data) > SHOWN else "")


def _content_length(fields: Mapping[str, str]) -> int | None:
    text = fields.get("content-length")
    if text is None:
        return None
    if not DIGITS.fullmatch(text):
        raise Malformed(f"Content-Length is {text!r}, not a number")
    return int(text)


def _fields(lines: bytes) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in lines.decode("latin-1").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            fields[name.strip().lower()] = value.strip()
    return fields
