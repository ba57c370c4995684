"""Who may not hear whom: partition shapes as maps, and what part of the traffic they are about."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address
from typing import Any

Hearing = Mapping[str, frozenset[str]]
"""For each end that is deaf, the ends whose frames it does not hear. The map need not be symmetric."""

PROTOCOLS = {"arp": None, "icmp": 1, "tcp": 6, "udp": 17, "icmp6": 58, "vrrp": 112}
"""The protocols that a match can name, and their IP protocol numbers (IANA); ARP is none of IP's."""

WITH_PORTS = ("tcp", "udp")
WITHOUT_IPV4 = ("arp", "icmp6")
HIGHEST_PORT = 65_535


@dataclass(frozen=True)
class Match:
    """A part of the traffic: a protocol, for TCP and UDP a port at either end, IPv4 sources. What is left out matches.

    Raises `ValueError` for what no frame could match.
    """

    protocol: str | None = None
    port: int | None = None
    sources: frozenset[IPv4Address] = frozenset()

    def __post_init__(self) -> None:
        if self.protocol is not None and self.protocol not in PROTOCOLS:
            raise ValueError(f"{self.protocol!r} is no protocol that can be matched, expected {', '.join(PROTOCOLS)}")
        if self.port is not None and self.protocol not in WITH_PORTS:
            raise ValueError(f"{self.protocol or 'any protocol'} has no ports, expected none with it")
        if self.port is not None and not 0 < self.port <= HIGHEST_PORT:
            raise ValueError(f"{self.port} is no port, expected 1 to 65535")
        if self.sources and self.protocol in WITHOUT_IPV4:
            raise ValueError(f"{self.protocol} has no IPv4 sources, expected none with it")

    @cached_property
    def packed_sources(self) -> frozenset[bytes]:
        """The sources as they stand in a header."""
        return frozenset(source.packed for source in self.sources)

    def to_json(self) -> dict[str, object]:
        """Return the match as plain values."""
        return {"protocol": self.protocol, "port": self.port, "sources": sorted(map(str, self.sources))}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Match:
        """Return the match that `to_json` has written."""
        return cls(values.get("protocol"), values.get("port"), frozenset(map(IPv4Address, values.get("sources", ()))))


def isolate(cut_off: Collection[str], everyone: Collection[str]) -> Hearing:
    """Return the map that cuts some ends off from all others, both ways; they still hear each other."""
    return halves(cut_off, [end for end in everyone if end not in cut_off])


def halves(one: Collection[str], other: Collection[str]) -> Hearing:
    """Return the map by which neither side hears the other."""
    return {**dict.fromkeys(one, frozenset(other)), **dict.fromkeys(other, frozenset(one))}


def one_way(deaf: Collection[str], speakers: Collection[str]) -> Hearing:
    """Return the map by which the `deaf` don't hear the speakers, who still hear them."""
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
