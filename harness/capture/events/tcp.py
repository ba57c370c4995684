"""What was seen of TCP itself (RFC 9293): connections that came about or did not, and octets that were not captured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture.events.event import Event

if TYPE_CHECKING:
    from harness.capture.events.event import Endpoint


@dataclass(frozen=True, slots=True)
class TcpEvent(Event):
    """Something about a connection, whatever it carries."""

    protocol = "tcp"


@dataclass(frozen=True, slots=True)
class TcpOpened(TcpEvent):
    """`server` took the connection that `client` asked for with `attempts` SYNs."""

    client: Endpoint
    server: Endpoint
    attempts: int


@dataclass(frozen=True, slots=True)
class TcpRefused(TcpEvent):
    """`server` answered a SYN with a reset: nobody listens there, or somebody between refuses."""

    client: Endpoint
    server: Endpoint
    attempts: int


@dataclass(frozen=True, slots=True)
class TcpReset(TcpEvent):
    """`sender` reset a connection that was open; one that both ends had closed is not told."""

    sender: Endpoint
    receiver: Endpoint


@dataclass(frozen=True, slots=True)
class TcpRetransmission(TcpEvent):
    """`sender` sent octets again, for the `count`-th time on this connection.

    Told for counts of 1, 2, 4, 8 …, so that a connection that makes no headway stands out and yet floods nothing. Of
    connections that are decoded, every segment counts; of others, only SYNs. A copy of a frame is no retransmission.
    """

    sender: Endpoint
    receiver: Endpoint
    octets: int
    count: int


@dataclass(frozen=True, slots=True)
class TcpGap(TcpEvent):
    """`octets` of what `sender` sent were not captured. What they said is not known, and nothing is assumed of it.

    They lie after the frame number `after` and before that of the event. `carried` is the protocol that they belong to.
    """

    sender: Endpoint
    receiver: Endpoint
    octets: int
    after: int
    carried: str
