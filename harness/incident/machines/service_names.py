"""Which service of a machine has a port, by what its journal has units of. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness.topology import ports

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.incident.record import Logged

FIRST_EPHEMERAL = 32_768
"""Where Linux's ports of clients begin (ip(7)): below it are those of servers."""

FAMILIES: tuple[tuple[frozenset[int], tuple[str, ...]], ...] = (
    (frozenset({ports.CHAINFIRE_CLIENT, ports.CHAINFIRE_RAFT}), ("chainfire", "etcd", "etcd-server")),
    (frozenset({ports.FLAREDB_CLIENT, ports.FLAREDB_CLIENT + 1}), ("flaredb", "etcd")),
    (frozenset({ports.GOSSIP}), ("chainfire-gossip", "serf", "etcd")),
    (frozenset({ports.IAM}), ("iam",)),
    (frozenset({7946, 7373}), ("serf", "consul")),
    (frozenset({8300, 8301, 8302, 8500, 8600}), ("consul",)),
    (frozenset({6379}), ("redis-server", "redis", "valkey-server", "valkey")),
    (frozenset({26379}), ("redis-sentinel", "sentinel", "valkey-sentinel")),
    (frozenset(range(5404, 5413)), ("corosync",)),
    (frozenset({5432, 8008}), ("patroni", "postgresql")),
    (frozenset({2181, 2888, 3888}), ("zookeeper",)),
    (frozenset({9092, 9093}), ("kafka",)),
    (frozenset({3306, 4444, 4567, 4568}), ("mariadb", "mysql")),
    (frozenset({4369, 5672, 25672}), ("rabbitmq-server",)),
)
"""Ports that belong to one service, and what that is called, the likeliest first."""


def server_port(src_port: int, dst_port: int) -> int:
    """Return which of a packet's ports is the server's; 0 where it has none."""
    low = min(src_port, dst_port)
    return low if low < FIRST_EPHEMERAL else 0


class Names:
    """The services of a machine by their ports; without a journal of its own, as the others have them."""

    def __init__(self, lines: Iterable[Logged], others: Iterable[Logged] = ()) -> None:
        self._lines = _of_units(lines) or _of_units(others)
        self._units = Counter(line.entry.unit.removesuffix(".service") for line in self._lines)
        self._known: dict[int, str] = {}

    def of(self, port: int) -> str:
        """Return the service at a port; empty where nothing says which that is."""
        if port not in self._known:
            self._known[port] = self._by_family(port) or self._by_mention(port)
        return self._known[port]

    def _by_family(self, port: int) -> str:
        for family, words in FAMILIES:
            if port in family:
                units = [unit for word in words for unit in self._units if unit.partition("@")[0] == word]
                units += [unit for word in words for unit in self._units if unit.startswith(word)]
                return units[0] if units else "" if self._units else words[0]
        return ""

    def _by_mention(self, port: int) -> str:
        needle = f":{port}"
        spoke = Counter(line.entry.unit for line in self._lines if needle in line.entry.message)
        return spoke.most_common(1)[0][0].removesuffix(".service") if spoke else ""


def _of_units(lines: Iterable[Logged]) -> list[Logged]:
    return [line for line in lines if line.entry.unit.endswith(".service")]
