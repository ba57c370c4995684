"""Downloads over HTTP that were held up in the middle: what a boot server was sending stopped for a while. Pure."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.capture.events import HttpComplete, HttpResponse
from harness.incident.boot.asks import HTTP_PORTS, SLOW, Ask

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from harness.incident.packet import Packet
    from harness.incident.record import Record

FIN, RST = 0x01, 0x04


def held_up(record: Record, servers: Collection[str]) -> Iterator[Ask]:
    """Yield each time at which a file that is not whole yet did not go on, as something that waits for an answer."""
    bodies = _bodies(record, servers)
    ends = {
        (one.event.client, one.event.target): one.time for one in record.heard if isinstance(one.event, HttpComplete)
    }
    for one in record.heard:
        event = one.event
        if not isinstance(event, HttpResponse) or str(event.server.address) not in servers:
            continue
        flow = (str(event.server.address), str(event.client.address), event.client.port)
        ended = ends.get((event.client, event.target), record.ended)
        body = [packet for packet in bodies.get(flow, ()) if one.time <= packet.time <= ended]
        whom = (str(event.client.address), str(event.server.address))
        for before, after in pairwise(body):
            if after.time - before.time > SLOW and not before.flags & (FIN | RST):
                yield Ask("http", whom[0], before.time, after.time, one, whom[1])
        if body and not body[-1].flags & (FIN | RST) and ended == record.ended and ended - body[-1].time > SLOW:
            yield Ask("http", whom[0], body[-1].time, None, one, whom[1])


def _bodies(record: Record, servers: Collection[str]) -> dict[tuple[str, str, int], list[Packet]]:
    """Return what servers sent of each download, ends of connections from either side among it."""
    found: defaultdict[tuple[str, str, int], list[Packet]] = defaultdict(list)
    for packet in record.packets:
        if packet.src in servers and packet.src_port in HTTP_PORTS and (packet.payload or packet.flags & (FIN | RST)):
            found[packet.src, packet.dst, packet.dst_port].append(packet)
        elif packet.dst in servers and packet.dst_port in HTTP_PORTS and packet.flags & (FIN | RST):
            found[packet.dst, packet.src, packet.src_port].append(packet)
    return found
