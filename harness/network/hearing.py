"""Who may not hear whom: partition shapes as maps, and what part of the traffic they are about."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

Hearing = Mapping[str, frozenset[str]]
"""For each end that is deaf, the ends whose frames it does not hear. The map need not be symmetric."""

PROTOCOLS = {"arp": None, "icmp": 1, "tcp": 6, "udp": 17, "icmp6": 58, "vrrp": 112}
"""The protocols that a match can name, and their IP protocol numbers (IANA); ARP is none of IP's."""

WITH_PORTS = ("tcp", "udp")
HIGHEST_PORT = 65_535


@dataclass(frozen=True)
class Match:
    """A part of the traffic: a protocol, and for TCP and UDP a port at either end. Raises `ValueError` otherwise."""

    protocol: str
    port: int | None = None

    def __post_init__(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise ValueError(f"{self.protocol!r} is no protocol that can be matched, expected {', '.join(PROTOCOLS)}")
        if self.port is not None and self.protocol not in WITH_PORTS:
            raise ValueError(f"{self.protocol} has no ports, expected none with it")
        if self.port is not None and not 0 < self.port <= HIGHEST_PORT:
            raise ValueError(f"{self.port} is no port, expected 1 to 65535")


def isolate(cut_off: Collection[str], everyone: Collection[str]) -> Hearing:
    """Return the map that cuts some off from all others, both ways; they still hear each other."""
    return halves(cut_off, [end for end in everyone if end not in cut_off])


def halves(one: Collection[str], other: Collection[str]) -> Hearing:
    """Return the map by which neither side hears the other."""
    return {**dict.fromkeys(one, frozenset(other)), **dict.fromkeys(other, frozenset(one))}


def one_way(deaf: Collection[str], speakers: Collection[str]) -> Hearing:
    """Return the map by which some don't hear the speakers, who hear them."""
    return {end: frozenset(speakers) - {end} for end in deaf}


def bridged(one: Collection[str], bridge: Collection[str], other: Collection[str]) -> Hearing:
    """Return the non-transitive map: the two sides don't hear each other, and both hear the bridge."""
    return halves([end for end in one if end not in bridge], [end for end in other if end not in bridge])


def majorities_ring(ends: Sequence[str]) -> Hearing:
    """Return the map by which each end hears a majority around it in a ring, and no two hear the same one."""
    reach = len(ends) // 4 + (len(ends) % 4 > 1)
    heard = {
        number: {ends[(number + step) % len(ends)] for step in range(-reach, reach + 1)} for number in range(len(ends))
    }
    return {end: frozenset(ends) - heard[number] for number, end in enumerate(ends)}
