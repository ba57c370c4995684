"""The HTTP requests that a boot server has answered, out of nginx's access log."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """One HTTP request that has ended: when (seconds since 1970), whose, for what, and how it went."""

    time: float
    client: str
    method: str
    path: str
    status: int
    bytes: int
    seconds: float
    complete: bool


def parse_requests(log: str) -> list[Request]:
    """Return the requests of an access log in JSON lines; a last line still being written is left out."""
    complete = log[: log.rfind("\n") + 1]
    entries = [json.loads(line) for line in complete.splitlines()]
    return [Request(**{**entry, "complete": entry["complete"] == "OK"}) for entry in entries]
