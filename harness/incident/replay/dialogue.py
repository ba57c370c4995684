"""What a machine asked when it booted from the network, and what it was answered: DHCP, TFTP, HTTP, as captured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.incident.replay.datagram import Datagram

DHCP, TFTP, HTTP = "DHCP", "TFTP", "HTTP"


@dataclass(frozen=True)
class Message:
    """What one side said. `what` is it in a few words; `payload` is without the headers of UDP or TCP.

    `length` is how long it was when it was sent: where that is more than the payload, the rest was not captured. An
    HTTP answer's payload is its head, with as much of the body as was captured next to it.
    """

    protocol: str
    what: str
    datagram: Datagram
    payload: bytes
    length: int

    @property
    def frame(self) -> int:
        """The number of the frame with which it was complete."""
        return self.datagram.frame.number

    @property
    def time(self) -> int:
        """When that was, in nanoseconds since 1970."""
        return self.datagram.frame.time

    @property
    def whole(self) -> bool:
        """Whether all of it was captured."""
        return self.length <= len(self.payload)


@dataclass(frozen=True)
class Exchange:
    """A question of the client, and the answers to it. `again` where it asked the same again and was answered then."""

    question: Message
    answers: tuple[Message, ...] = ()
    again: bool = False


@dataclass(frozen=True)
class Dialogue:
    """All that a client asked, in order. `notes` say what of it can't be used, and what was left out."""

    file: str
    client: str
    exchanges: tuple[Exchange, ...]
    notes: tuple[str, ...] = ()

    def only(self, *protocols: str) -> Dialogue:
        """Return the same without what was asked by other protocols than these: `DHCP`, `TFTP`, `HTTP`."""
        return replace(self, exchanges=tuple(one for one in self.exchanges if one.question.protocol in protocols))
