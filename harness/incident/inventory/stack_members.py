"""The cluster of an incident: its members, where their Raft is, and its timers, as frames, journals and files tell."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.capture.events import GossipEvent, RaftEvent, RaftHeartbeat, TlsEvent
from harness.incident.inventory.identities import label
from harness.incident.inventory.told_names import members, peers, timers
from harness.topology.scalars import parse_domain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.capture.events import Event
    from harness.incident.entry import Entry
    from harness.incident.files.configuration import Config

RAFT_PORTS = frozenset({2380, 2480})
MILLISECOND = 1_000_000
STEP = 10
"""Milliseconds that a heartbeat's interval is rounded to."""
LONGEST = 10_000
"""Milliseconds; what is longer is a pause between heartbeats."""
FEWEST = 10
ELECTION_OF_HEARTBEAT = 10
"""How many heartbeats an election timeout usually is, with etcd."""


@dataclass(frozen=True)
class Cluster:
    """The members by name, each with its address; who formed the cluster; its timers, None where nobody tells."""

    addresses: Mapping[str, str]
    bootstrap: tuple[str, ...]
    heartbeat: timedelta | None = None
    election: timedelta | None = None
    peer_tls: bool = False
    domain: str | None = None


def cluster(
    configs: Sequence[Config],
    entries: Sequence[Entry],
    events: Sequence[Event],
    machine_of: Mapping[str, str],
    dialled: Sequence[str] = (),
) -> Cluster | None:
    """Return the cluster of an incident, None where nothing tells of one.

    `dialled` are the addresses at which members of Raft were called, whether or not what they said can be read.
    """
    found: dict[str, str] = {}
    for address in (*_configured(configs), *_of_raft(events), *dialled, *_logged(entries), *_of_gossip(events)):
        if (name := machine_of.get(address)) is not None:
            found.setdefault(name, address)
    if not found:
        return None
    formed = {machine_of.get(name, "") for name in _bootstrap(configs)} & found.keys()
    heartbeat, election = timers(entry.message for entry in entries)
    seen = _heartbeat(events)
    beat = seen if heartbeat is None else heartbeat
    return Cluster(
        addresses=dict(sorted(found.items())),
        bootstrap=tuple(sorted(formed or found)),
        heartbeat=_duration(beat),
        election=_duration(election or (beat and beat * ELECTION_OF_HEARTBEAT)),
        peer_tls=any(isinstance(event, TlsEvent) and event.server.port in RAFT_PORTS for event in events),
        domain=_domain(configs, entries),
    )


def _configured(configs: Iterable[Config]) -> list[str]:
    return [str(config.values.get("raft_addr", "")).rpartition(":")[0] for config in configs]


def _of_raft(events: Iterable[Event]) -> list[str]:
    """Return who speaks Raft, by who speaks it the most."""
    said: Counter[str] = Counter()
    for event in events:
        if isinstance(event, RaftEvent):
            said[event.src] += 1
            said[event.dst] += 1
    return [address for address, _ in said.most_common()]


def _logged(entries: Iterable[Entry]) -> list[str]:
    """Return whom members call by name, and else whom they say that they have added."""
    named = {address: None for entry in entries for _, address in members(entry.message)}
    return list(named or {address: None for entry in entries for _, address in peers(entry.message)})


def _of_gossip(events: Iterable[Event]) -> list[str]:
    return list({event.src: None for event in events if isinstance(event, GossipEvent)})


def _bootstrap(configs: Iterable[Config]) -> set[str]:
    """Return the names of who formed the cluster, as its configurations say."""
    named: set[str] = set()
    for config in configs:
        peers = config.values.get("initial_peers")
        if isinstance(peers, list):
            named |= {label(str(one).rpartition(":")[0]) for one in peers}
    return named


def _heartbeat(events: Iterable[Event]) -> int | None:
    """Return the interval of heartbeats in milliseconds, as it mostly is between a leader and a follower."""
    times: dict[tuple[str, str, str, int], list[int]] = defaultdict(list)
    for event in events:
        if isinstance(event, RaftHeartbeat) and not event.context:
            times[event.link, event.src, event.dst, event.port].append(event.time)
    intervals = Counter(
        max(STEP, round((later - sooner) / MILLISECOND / STEP) * STEP)
        for found in times.values()
        for sooner, later in pairwise(found)
    )
    usual = [(count, interval) for interval, count in intervals.items() if interval <= LONGEST]
    return max(usual)[1] if usual and max(usual)[0] >= FEWEST else None


def _duration(milliseconds: int | None) -> timedelta | None:
    return None if milliseconds is None else timedelta(milliseconds=milliseconds)


def is_domain(text: str) -> bool:
    """Whether a topology can have it as a domain."""
    try:
        parse_domain(text)
    except ValueError:
        return False
    return True


def _domain(configs: Iterable[Config], entries: Iterable[Entry]) -> str | None:
    """Return the domain of the machines, as a configuration or a journal's host name has it."""
    urls = [str(config.values.get("leader_url", "")) for config in configs]
    names = [url.partition("://")[2].partition(":")[0] for url in urls]
    for name in (*names, *{entry.host: None for entry in entries}):
        domain = name.lower().partition(".")[2]
        if domain and not domain.replace(".", "").isdecimal() and is_domain(domain):
            return domain
    return None
