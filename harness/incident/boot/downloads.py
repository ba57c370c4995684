"""Files that were held up in the middle: what a boot server was sending over HTTP or TFTP stopped. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.capture.events import HttpComplete, HttpResponse, TftpUnfinished
from harness.incident.boot.asks import HTTP_PORTS, SLOW, Ask

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

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


def broken_off(asks: Iterable[Ask], record: Record) -> list[Ask]:
    """Return what was asked for; a transfer over TFTP that broke off waits since the last packet from the server.

    Its event is that of the last packet, with which the client asked again.
    """
    every = list(asks)
    clients = {
        (str(event.client.address), event.client.port)
        for event in (ask.heard.event for ask in every)
        if isinstance(event, TftpUnfinished)
    }
    sent: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for packet in record.packets if clients else ():
        if packet.carries == "udp" and (packet.dst, packet.dst_port) in clients:
            sent[packet.dst, packet.dst_port].append(packet.time)
    return [_since_the_last(ask, sent) for ask in every]


def _since_the_last(ask: Ask, sent: dict[tuple[str, int], list[int]]) -> Ask:
    event = ask.heard.event
    if not isinstance(event, TftpUnfinished):
        return ask
    before = [one for one in sent.get((str(event.client.address), event.client.port), ()) if one <= ask.time]
    return replace(ask, time=max(before)) if before else ask


def _bodies(record: Record, servers: Collection[str]) -> dict[tuple[str, str, int], list[Packet]]:
    """Return what servers sent of each download, ends of connections from either side among it."""
    found: defaultdict[tuple[str, str, int], list[Packet]] = defaultdict(list)
    for packet in record.packets:
        if packet.src in servers and packet.src_port in HTTP_PORTS and (packet.payload or packet.flags & (FIN | RST)):
            found[packet.src, packet.dst, packet.dst_port].append(packet)
        elif packet.dst in servers and packet.dst_port in HTTP_PORTS and packet.flags & (FIN | RST):
            found[packet.dst, packet.src, packet.src_port].append(packet)
    return found
