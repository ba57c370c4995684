"""What was seen of HTTP/1.x (RFC 9112)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture.events.event import Event

if TYPE_CHECKING:
    from harness.capture.events.event import Endpoint


@dataclass(frozen=True, slots=True)
class HttpEvent(Event):
    """A part of an exchange between a client and a server."""

    protocol = "http"

    client: Endpoint
    server: Endpoint
    method: str
    target: str


@dataclass(frozen=True, slots=True)
class HttpRequest(HttpEvent):
    """A request's header; `host`, `user_agent` and `range` are empty where it has none."""

    host: str
    user_agent: str
    range: str = ""


@dataclass(frozen=True, slots=True)
class HttpResponse(HttpEvent):
    """A response's header; `content_length` is None and `content_range` empty where the header does not say.

    `method` and `target` are the request's, and empty where that was not captured.
    """

    status: int
    content_length: int | None
    content_range: str = ""


@dataclass(frozen=True, slots=True)
class HttpComplete(HttpEvent):
    """A response's body ended: `octets` were sent, of which `missing` were not kept or not captured.

    `whole` says whether that is all that the header promised.
    """

    status: int
    octets: int
    missing: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Http2Preface(Event):
    """A connection begins to speak HTTP/2, which is not decoded."""

    protocol = "http"

    client: Endpoint
    server: Endpoint
