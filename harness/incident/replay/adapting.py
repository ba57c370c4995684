"""What of a recorded question has to be said otherwise now, and the question with that in it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from harness.capture.protocols import dhcp
from harness.capture.protocols.dhcp_fields import END, PAD
from harness.incident.replay.excuses import in_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.incident.replay.excuses import Moved

ADDRESS = 4
CLIENT_ADDRESS = 12
"""Where a DHCP message has `ciaddr`."""

SINCE_OFFERED = "as the boot server says now"


@dataclass(frozen=True)
class Adapted:
    """A part of a question that was not sent as it was recorded, and why."""

    what: str
    recorded: str
    sent: str
    because: str = SINCE_OFFERED

    def __str__(self) -> str:
        return f"{self.what}: {self.recorded} recorded, {self.sent} sent: {self.because}"


def dhcp_question(payload: bytes, moved: Moved) -> tuple[bytes, list[Adapted]]:
    """Return a client's DHCP message with the addresses of now: `ciaddr`, the requested one, the server's."""
    found = bytearray(payload)
    adapted = []
    for at, what in ((CLIENT_ADDRESS, "ciaddr"), *_address_options(payload)):
        recorded = IPv4Address(payload[at : at + ADDRESS])
        now = moved.address(recorded)
        if now != recorded:
            found[at : at + ADDRESS] = now.packed
            adapted.append(Adapted(what, str(recorded), str(now)))
    return bytes(found), adapted


def http_question(payload: bytes, moved: Moved) -> tuple[bytes, list[Adapted]]:
    """Return a request's head with the addresses of now in it, such as that of the host."""
    recorded = payload.decode("latin-1")
    lines = [(then, in_text(then, moved.every)) for then in recorded.split("\r\n")]
    return "\r\n".join(now for _, now in lines).encode("latin-1"), [
        Adapted("a line of its head", then, now) for then, now in lines if then != now
    ]


def _address_options(payload: bytes) -> Iterator[tuple[int, str]]:
    """Yield where a message has the requested address and the server's identifier."""
    at = dhcp.FIXED_FIELDS + len(dhcp.COOKIE)
    while at + 1 < len(payload) and payload[at] != END:
        if payload[at] == PAD:
            at += 1
            continue
        code, size = payload[at : at + 2]
        if code in (dhcp.REQUESTED_ADDRESS, dhcp.SERVER_IDENTIFIER) and size == ADDRESS and at + 6 <= len(payload):
            yield at + 2, f"option {code}"
        at += 2 + size
