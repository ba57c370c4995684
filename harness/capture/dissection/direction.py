"""What is kept of a TCP connection that is followed: what decodes it, and for each direction its stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.dissection.services import conversation
from harness.capture.reassembly.streams import Stream

if TYPE_CHECKING:
    from harness.capture.dissection.handshakes import Key
    from harness.capture.dissection.services import Conversation, Make
    from harness.capture.events import Endpoint


class Connection:
    """Two directions, and what decodes them, which is made when the first octets show what it has to be."""

    __slots__ = ("conversation", "ended", "last", "make", "opened", "parties", "reset")

    def __init__(self, make: Make, client: Endpoint, server: Endpoint, last: int) -> None:
        self.make = make
        self.parties = (client, server)
        self.conversation: Conversation | None = None
        self.opened: list[bool] = []
        self.ended: set[bool] = set()
        self.reset = False
        self.last = last

    def decoder(self, data: bytes) -> Conversation:
        """Return what decodes the connection, of which `data` are the next octets."""
        if self.conversation is None:
            self.conversation = conversation(self.make, *self.parties, data)
            for by_client in self.opened:
                self.conversation.opened(by_client=by_client)
        return self.conversation


class Direction:
    """One direction of a connection."""

    __slots__ = ("by_client", "connection", "held", "identity", "key", "repeated", "stream")

    def __init__(self, key: Key, connection: Connection, *, by_client: bool) -> None:
        self.key = key
        self.connection = connection
        self.by_client = by_client
        self.stream = Stream()
        self.held = 0
        self.repeated = 0
        self.identity = b""

    @property
    def retirement(self) -> tuple[bool, int]:
        """Where this stands among those that may be forgotten: the closed ones first, then the longest idle."""
        return (len(self.connection.ended) < 2, self.connection.last)  # noqa: PLR2004 - both directions
