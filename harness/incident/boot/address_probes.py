"""DHCP servers that look whether an address is free before they offer it, which takes them seconds. Pure.

RFC 2131 (section 2.2) asks servers to do so; dnsmasq and ISC's wait for an echo for some seconds. A server that is seen
to look is there, whatever it answers meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from harness.capture.describe import NANO
from harness.capture.events import ArpProbe, ArpReply, ArpRequest, DhcpAck, DhcpOffer, IcmpEchoReply, IcmpEchoRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.incident.record import Heard

REPLIED = NANO
"""Who has an address says so within that."""


def address_probes(heard: Iterable[Heard]) -> Mapping[str, list[int]]:
    """Return when each DHCP server asked who has an address, by ARP or an echo, and nobody had it."""
    servers: set[str] = set()
    asked: list[tuple[int, str, str]] = []
    had: defaultdict[str, list[int]] = defaultdict(list)
    for one in heard:
        match one.event:
            case DhcpOffer(server=server) | DhcpAck(server=server):
                servers.add(str(server))
            case ArpReply(sender=sender):
                had[str(sender)].append(one.time)
            case IcmpEchoReply(src=source):  # behind a router, whose ARP is elsewhere
                had[source].append(one.time)
            case IcmpEchoRequest(src=source, dst=wanted):
                asked.append((one.time, source, wanted))
            case ArpRequest(sender=asker, target=target) if not isinstance(one.event, ArpProbe):
                asked.append((one.time, str(asker), str(target)))
    found: defaultdict[str, list[int]] = defaultdict(list)
    for time, source, wanted in asked:
        if source in servers and not any(0 <= reply - time <= REPLIED for reply in had.get(wanted, ())):
            found[source].append(time)
    return found
