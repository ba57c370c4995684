"""A cluster that talks, on paper: heartbeats over TCP as hosts send and repeat them, gossip over UDP, and what is lost.

`Talk` makes a record of what capture points at some machines' cables would hold, in milliseconds of real time.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from harness.capture.naming import Names
from harness.capture.protocols.tcp import ACK, SYN
from harness.incident.packet import Packet
from harness.incident.record import Record
from harness.topology.links import WanSpec
from harness.topology.model import MachineSpec, NicSpec, SiteSpec, Topology, Vlan

BEGAN = 1_700_000_000_000_000_000
MILLISECOND = 1_000_000
FIRST_RTO, LONGEST_RTO = 200, 1600
TRAVEL = 0.1


def topology(*machines: str, sites: str = "") -> Topology:
    """Return a flat topology; or one of sites, of which each machine's is a letter of `sites`, joined by lines."""
    names = sorted({*sites})
    vlans = [
        Vlan(name=f"cluster-{site}", site=site, subnet=IPv4Network(f"10.{n}.0.0/24")) for n, site in enumerate(names)
    ]
    return Topology(
        name="talk",
        sites=tuple(SiteSpec(name=site) for site in names),
        wans=tuple(WanSpec(between=(one, other)) for one in names for other in names if one < other),
        vlans=tuple(vlans) or (Vlan(name="cluster", subnet=IPv4Network("10.0.0.0/24")),),
        machines=tuple(_machine(name, number, sites[number] if sites else "") for number, name in enumerate(machines)),
    )


def _machine(name: str, number: int, site: str) -> MachineSpec:
    card = NicSpec(
        name="eth0",
        mac=f"52:54:00:00:00:{number + 1:02x}",
        vlan=f"cluster-{site}" if site else "cluster",
        address=IPv4Address(f"10.{ord(site) - ord('a') if site else 0}.0.{number + 11}"),
    )
    return MachineSpec(name=name, site=site or None, nics=(card,))


Fate = Callable[[float, str, str, str], float | None]
"""At this time (milliseconds), from whom, to whom, of which service: how long it takes; None where it is lost."""


def unharmed(_at: float, _speaker: str, _listener: str, _service: str) -> float | None:
    return TRAVEL


def cut(since: float, until: float, *pairs: tuple[str, str], service: str = "") -> Fate:
    """Return a fate: some don't arrive at others for a time, of any service or of one."""

    def fate(at: float, speaker: str, listener: str, said: str) -> float | None:
        lost = since <= at < until and (speaker, listener) in pairs and service in {"", said}
        return None if lost else TRAVEL

    return fate


def both(*pairs: tuple[str, str]) -> list[tuple[str, str]]:
    return [way for pair in pairs for way in (pair, pair[::-1])]


def all_of(*fates: Fate) -> Fate:
    """Return what several fates do together: lost by one is lost, and delays add up."""

    def fate(at: float, speaker: str, listener: str, service: str) -> float | None:
        told = [one(at, speaker, listener, service) for one in fates]
        lost = any(one is None for one in told)
        return None if lost else sum(one - TRAVEL for one in told if one is not None) + TRAVEL

    return fate


@dataclass
class Talk:
    """Who talks, what becomes of it, and at whose cables it is captured. Times are in milliseconds."""

    topology: Topology
    points: tuple[str, ...]
    fate: Fate = unharmed
    lasts: float = 10_000
    every: float = 50
    gossip: float = 200
    ports: tuple[int, ...] = (2380, 2480)
    outsiders: dict[str, str] = field(default_factory=dict)
    """Clients by name, with their addresses, who ask every machine and are in no topology."""
    inside: bool = False
    """What is lost came to its receiver's card, and was dropped by that one's own filter."""
    packets: list[Packet] = field(default_factory=list)

    def record(self, **more: Any) -> Record:  # noqa: ANN401 - the record's own fields
        """Let them talk, and return what was captured."""
        self.chance = random.Random(7)  # noqa: S311 - no secret
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._count = 0
        names = [machine.name for machine in self.topology.machines]
        self._address = {m.name: str(m.nics[0].address) for m in self.topology.machines} | self.outsiders
        for one in names:
            for other in [name for name in names if name != one]:
                for port in self.ports:
                    _Connection(self, one, other, port)
                self.repeat(self.gossip, partial(self.datagram, one, other))
        for client in self.outsiders:
            for name in names:
                _Connection(self, client, name, 2379)
                _Connection(self, name, client, 2379)
        while self._events:
            at, _, act = heapq.heappop(self._events)
            if at < self.lasts:
                act(at)
        self.packets.sort(key=lambda one: one.time)
        known = dict(Names.of(self.topology).known)
        span = (BEGAN, BEGAN + round(self.lasts * MILLISECOND))
        return Record(self.topology, self.packets, (), (), known, *span, **more)

    def at(self, when: float, act: Callable[[float], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (when, self._count, act))

    def repeat(self, every: float, act: Callable[[float], None]) -> None:
        def again(at: float) -> None:
            act(at)
            self.at(at + every, again)

        self.at(self.chance.uniform(0, every), again)

    def datagram(self, speaker: str, listener: str, at: float) -> None:
        self.send(at, speaker, listener, "udp", 7946, 7946, payload=80)

    def send(  # noqa: PLR0917 - as a header has them
        self, at: float, speaker: str, listener: str, carries: str, src: int, dst: int, *,
        flags: int = 0, seq: int = 0, ack: int = 0, payload: int = 0, twice: int = 0,
        arrives: Callable[[float], None] | None = None,
    ) -> None:  # fmt: skip
        self._count += 1
        identity = self._count
        said = (
            self._address[speaker],
            self._address[listener],
            carries,
            src,
            dst,
            flags,
            seq,
            ack,
            payload,
            identity,
            0,
            twice,
        )
        self._capture(at, speaker, said)
        service = f"{carries}:{min(src, dst)}"
        took = self.fate(at, speaker, listener, service)
        if took is not None:
            self.at(at + took, lambda now: self._arrive(now, listener, said, arrives))
        elif self.inside:
            self.at(at + TRAVEL, lambda now: self._capture(now, listener, said))

    def _arrive(self, at: float, listener: str, said: tuple[Any, ...], then: Callable[[float], None] | None) -> None:
        self._capture(at, listener, said)
        if then is not None:
            then(at)

    def _capture(self, at: float, where: str, said: tuple[Any, ...]) -> None:
        if where in self.points:
            time = BEGAN + round(at * MILLISECOND)
            macs = ("52:54:00:00:00:fe", "52:54:00:00:00:fe")
            self.packets.append(Packet(time, f"{where}.pcap", "eth0", len(self.packets) + 1, *macs, (), *said))


class _Connection:
    """A TCP connection by which one machine sends heartbeats to another, which only acknowledges.

    What is not answered in time is sent again, with all that was said since, and nothing else is (RFC 5681: a window of
    one segment); the time doubles (RFC 6298).
    """

    def __init__(self, talk: Talk, one: str, other: str, port: int) -> None:
        self.talk, self.one, self.other, self.port = talk, one, other, port
        self.source = talk.chance.randrange(32_768, 61_000)
        self.first = talk.chance.randrange(1 << 32)
        self.said = 1
        self.heard = self.acknowledged = 0
        self.early: list[tuple[int, int]] = []
        self.rto: float = FIRST_RTO
        self.timer = 0
        self._transmit(0.0, 0, 1, SYN)
        self._arm(0.0)
        talk.repeat(talk.every, self.beat)

    def beat(self, at: float) -> None:
        start, self.said = self.said, self.said + 50
        if self.rto == FIRST_RTO and self.acknowledged:
            self._transmit(at, start, self.said, ACK)
            if start == self.acknowledged:
                self._arm(at)

    def _transmit(self, at: float, start: int, end: int, flags: int) -> None:
        self.talk.send(
            at, self.one, self.other, "tcp", self.source, self.port, flags=flags, seq=(self.first + start) % (1 << 32),
            ack=int(not flags & SYN),
            payload=0 if flags & SYN else end - start, arrives=lambda now: self._hear(now, start, end),
        )  # fmt: skip

    def _hear(self, at: float, start: int, end: int) -> None:
        known = [(0, self.heard), *self.early]
        twice = [max(start, first) for first, last in known if start < last and first < end]  # RFC 2883
        self.early.append((start, end))
        for first, last in sorted(self.early):
            if first <= self.heard:
                self.heard = max(self.heard, last)
        self.early = [one for one in self.early if one[1] > self.heard]
        told = self.heard
        self.talk.send(
            at, self.other, self.one, "tcp", self.port, self.source, flags=ACK | (SYN if told == 1 else 0),
            seq=0 if told == 1 else 1, ack=(self.first + told) % (1 << 32),
            twice=(self.first + min(twice)) % (1 << 32) if twice else 0, arrives=lambda now: self._answer(now, told),
        )  # fmt: skip

    def _answer(self, at: float, told: int) -> None:
        if told <= self.acknowledged:
            return
        self.acknowledged = told
        waited, self.rto = self.rto > FIRST_RTO, FIRST_RTO
        if told == 1:
            self._transmit(at, 1, 1, ACK)
        if waited and told < self.said:
            self._transmit(at, told, self.said, ACK)
        self._arm(at)

    def _arm(self, at: float) -> None:
        self.timer += 1
        timer = self.timer
        if self.acknowledged < self.said:
            self.talk.at(at + self.rto, lambda now: self._repeat(now) if timer == self.timer else None)

    def _repeat(self, at: float) -> None:
        start = self.acknowledged
        received = [first for first, _ in self.early]  # as it would be told by selective acknowledgements
        self._transmit(at, start, min([self.said, *received]) if start else 1, ACK if start else SYN)
        self.rto = min(self.rto * 2, LONGEST_RTO)
        self._arm(at)
