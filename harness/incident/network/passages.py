"""Packets between machines as one capture point saw them: by whom, for whom, of which service."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from harness.incident.network.soundings import Way
from harness.incident.network.vantages import is_for_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.incident.network.vantages import Point, Vantage
    from harness.incident.packet import Packet
    from harness.incident.record import Record


ONLY_HERE = ("fe80:", "169.254.", "::", "0.0.0.0")  # noqa: S104 - nothing is bound
"""Addresses that no router passes on (RFC 4291, RFC 3927), or that are none yet."""


class Passage(NamedTuple):
    """A packet, its place in the record, which way it goes, and where it was seen."""

    place: int
    packet: Packet
    way: Way
    at: Vantage


def passages(record: Record, points: Mapping[Point, Vantage]) -> list[Passage]:
    """Return every packet that a machine sent to another one, or to somebody else, or was sent by them.

    Who is no machine of the topology goes by the address. What is sent to a group is for whoever's cable it was seen
    on, and left out where that is nobody's.
    """
    machine_of = record.machine_of
    names = set(machine_of.values())
    named = services(record.packets)
    ways: dict[tuple[object, ...], Way | None] = {}
    found = []
    for place, packet in enumerate(record.packets):
        at = points[packet.capture, packet.link]
        own = at.machine
        key = packet.src, packet.src_mac, packet.dst, packet.carries, packet.src_port, packet.dst_port, own
        if key not in ways:
            speaker, listener = _speaker(packet, machine_of), machine_of.get(packet.dst, packet.dst)
            if packet.dst not in machine_of and is_for_all(packet):
                listener = own or speaker
            service = named.get((packet.carries, packet.src_port, packet.dst_port), packet.carries)
            told = speaker != listener and (speaker in names or listener in names)
            ways[key] = Way(speaker, listener, service) if told else None
        way = ways[key]
        if way is not None:
            found.append(Passage(place, packet, way, at))
    return found


def _speaker(packet: Packet, machine_of: Mapping[str, str]) -> str:
    """Return who sent a packet: by the IP address, or where that means nothing beyond a link, by the MAC address."""
    known = machine_of.get(packet.src)
    if known is None and packet.src.startswith(ONLY_HERE):
        known = machine_of.get(packet.src_mac)
    return known or packet.src


def services(packets: Sequence[Packet]) -> Mapping[tuple[str, int, int], str]:
    """Return the service of each protocol and pair of ports: named by the port that takes part in more flows.

    Clients come from many ports, and ask few; of two that are alike, the lower one is the server's.
    """
    pairs = {(one.carries, one.src_port, one.dst_port) for one in packets if one.src_port and one.dst_port}
    used: Counter[tuple[str, int]] = Counter()
    for carries, one, other in pairs:
        if one <= other or (carries, other, one) not in pairs:
            used.update(((carries, one), (carries, other)))

    def served(carries: str, one: int, other: int) -> int:
        return max(one, other, key=lambda port: (used[carries, port], -port))

    return {pair: f"{pair[0]}:{served(*pair)}" for pair in pairs}
