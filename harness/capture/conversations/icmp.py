"""ICMP events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture import events
from harness.capture.protocols import icmp
from harness.capture.protocols.icmp import Quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.capture.events import Origin
    from harness.capture.protocols.icmp import Icmp

ECHOES = {icmp.ECHO_REQUEST: events.IcmpEchoRequest, icmp.ECHO_REPLY: events.IcmpEchoReply}


def follow(message: Icmp, origin: Origin) -> Iterator[events.IcmpEvent]:
    """Yield the event that a message is; what says nothing of reachability has none."""
    if message.meaning in ECHOES:
        echo = ECHOES[message.meaning]
        yield echo(*origin, message.type, message.code, message.identifier, message.sequence, message.length)
    elif message.meaning is not None and message.meaning in ERRORS:
        yield _error(message, origin)


NOTHING_QUOTED = Quoted(None, "", "")
ERRORS = frozenset({icmp.UNREACHABLE, icmp.TIME_EXCEEDED, icmp.REDIRECT})


def _error(message: Icmp, origin: Origin) -> events.IcmpQuoting:
    quoted = message.quoted or NOTHING_QUOTED
    parties = (quoted.src, quoted.dst, quoted.src_port, quoted.dst_port, quoted.length)
    said = (*origin, message.type, message.code, message.reason, quoted.protocol, *parties)
    if message.too_big:
        return events.IcmpPacketTooBig(*said, message.mtu)
    if message.meaning == icmp.REDIRECT:
        return events.IcmpRedirect(*said, message.gateway)
    if message.meaning == icmp.TIME_EXCEEDED:
        return events.IcmpTimeExceeded(*said)
    return events.IcmpUnreachable(*said)
