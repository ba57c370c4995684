"""What a relay agent passed on, as the client's own segment has it: labs have no relay agents (RFC 1542, 3046). Pure.

A relay agent writes its address into a question and counts a hop, may add an option of its own (82), and sends it on
from its own address; the answer comes back by it, and the client gets it without that option.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from harness.capture.protocols import dhcp
from harness.capture.protocols.dhcp_fields import END, PAD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.incident.replay.datagram import Datagram

EVERYONE, NOBODY = IPv4Address("255.255.255.255"), IPv4Address(0)
REQUEST = 1
HOPS, RELAY = slice(3, 4), slice(24, 28)
RELAY_AGENT_INFORMATION = 82
OPTIONS = dhcp.FIXED_FIELDS + len(dhcp.COOKIE)


def as_unrelayed(one: Datagram, found: dhcp.Dhcp) -> Datagram:
    """Return a message that came by a relay agent, or goes to one, as it would have gone without."""
    payload = bytearray(one.payload[:OPTIONS] + b"".join(_options_of_others(one.payload)))
    payload[HOPS] = bytes(1)
    payload[RELAY] = bytes(4)
    said = one._replace(payload=bytes(payload), length=one.length - len(one.payload) + len(payload))
    if found.operation == REQUEST:
        own = found.client_address or NOBODY
        return said._replace(src_mac=found.client, src=own, src_port=dhcp.CLIENT_PORT, dst=EVERYONE)
    to = found.client_address or (None if found.broadcast else found.address) or EVERYONE
    return said._replace(dst=to, dst_port=dhcp.CLIENT_PORT)


def _options_of_others(payload: bytes) -> Iterator[bytes]:
    """Yield the options that are not a relay agent's, and whatever follows the last one."""
    at = OPTIONS
    while at + 1 < len(payload) and payload[at] != END:
        end = at + 1 if payload[at] == PAD else at + 2 + payload[at + 1]
        if payload[at] != RELAY_AGENT_INFORMATION:
            yield payload[at:end]
        at = end
    yield payload[at:]
