"""Configurations of machines that have no part in an incident, but in another cluster. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.incident.inventory.identities import label

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from harness.incident.entry import Entry
    from harness.incident.files.configuration import Config
    from harness.incident.inventory.hosts import Host


def strangers(
    hosts: Iterable[Host], configs: Sequence[Config], entries: Iterable[Entry], addresses: Collection[str]
) -> list[Config]:
    """Return the configurations of hosts that nobody else tells of.

    These have no frame from or to their addresses, and no journal, and no configuration of a host that has one of both
    names them as a peer. Without frames there is nothing to hold them against, and no stranger.
    """
    if not addresses:
        return []
    heard = set(addresses)
    writing = {label(entry.host) for entry in entries}
    known = {name for host in hosts if host.addresses & heard for name in (host.name, *host.aliases)} | writing
    known |= {peer for config in configs if _name(config) in known for peer in _peers(config)}
    return [config for config in configs if _name(config) and _name(config) not in known]


def _name(config: Config) -> str:
    return label(str(config.values.get("node_id", "")))


def _peers(config: Config) -> list[str]:
    peers = config.values.get("initial_peers")
    return [label(str(one).rpartition(":")[0]) for one in peers] if isinstance(peers, list) else []
