"""How a Raft service of this machine becomes a member: with everyone else at once, or by asking a running cluster.

Either way the outcome is a file of etcd's environment variables, from which the service's unit starts; while it is
absent the unit is skipped.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .config import Address
from .etcd import RefusedError
from .https import NoAnswerError, NotSentError, UntrustedError
from .waiting import StepError, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .config import ClusterConfig, Settings
    from .etcd import Etcd, Peer


@dataclass(frozen=True)
class RaftService:
    """One of the two etcd clusters, as this machine sees it; `entry` is where a joining machine asks."""

    name: str
    node_id: str
    scheme: str
    client_port: int
    raft: Address
    peers: tuple[Address, ...]
    entry: Address

    @property
    def own_url(self) -> str:
        """The peer URL under which this machine joins."""
        return f"{self.scheme}://{self.raft}"


def raft_services(config: ClusterConfig, settings: Settings) -> dict[str, RaftService]:
    """Return both Raft services by name. FlareDB is joined on the leader's host, and listens where its peers do."""
    flaredb_raft = Address(config.raft_addr.host, config.flaredb_peers[0].port)
    flaredb_entry = Address(config.leader_url.host, settings.flaredb_port)
    node, scheme = config.node_id, settings.peer_scheme
    chainfire = RaftService(
        "chainfire", node, scheme, settings.chainfire_port, config.raft_addr, config.initial_peers, config.leader_url
    )
    flaredb = RaftService(
        "flaredb", node, scheme, settings.flaredb_port, flaredb_raft, config.flaredb_peers, flaredb_entry
    )
    return {service.name: service for service in (chainfire, flaredb)}


def bootstrap_environment(service: RaftService) -> dict[str, str]:
    """Return what makes etcd form a new cluster with its peers, who all say the same."""
    urls = {peer.host: f"{service.scheme}://{peer}" for peer in service.peers}
    return environment("new", list(urls.items()), urls[service.node_id])


def joining_environment(service: RaftService, members: Sequence[Peer]) -> dict[str, str]:
    """Return what makes etcd join a cluster that lists these members, this machine among them."""
    named = [
        (service.node_id if url == service.own_url else member.name or f"member-{member.id:x}", url)
        for member in members
        for url in member.peer_urls
    ]
    return environment("existing", named, service.own_url)


def request_membership(service: RaftService, entry: Etcd) -> tuple[Sequence[Peer] | None, str]:
    """Have this machine added to the cluster unless it is listed already; return the members, or None and a complaint.

    Asking again is harmless. Raises `StepError` where asking again can't help.
    """
    try:
        members = entry.members()
        if mine := [member for member in members if service.own_url in member.peer_urls]:
            _refuse_return(service, mine[0])
            return members, ""
        say(f"asking {entry.endpoint} to add {service.node_id} at {service.own_url}")
        return entry.add_member(service.own_url), ""
    except UntrustedError as error:
        raise StepError(str(error)) from error
    except (NotSentError, NoAnswerError, RefusedError) as error:
        return None, str(error)


def write_environment(path: Path, environment: Mapping[str, str]) -> None:
    """Write an environment file (systemd.exec(5)) that is whole or absent, also after a power cut."""
    lines = [f"{name}={value}\n" for name, value in environment.items()]
    write_durably(path, "".join(lines))


def write_durably(path: Path, text: str) -> None:
    """Write a file so that after a power cut it is there with all of its content, or not at all."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.new")
    with draft.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def environment(state: str, members: Sequence[tuple[str, str]], own_url: str) -> dict[str, str]:
    """Return what etcd is told of its cluster, ``new`` or ``existing``: each member's name and URL (etcd 3.4)."""
    return {
        "ETCD_INITIAL_CLUSTER_STATE": state,
        "ETCD_INITIAL_CLUSTER": ",".join(f"{name}={url}" for name, url in members),
        "ETCD_INITIAL_ADVERTISE_PEER_URLS": own_url,
    }


def _refuse_return(service: RaftService, mine: Peer) -> None:
    if mine.name:
        raise StepError(
            f"{service.own_url} is a member of {service.name} that has run before as {mine.name} ({mine.id:x}), but its"
            " data is not here: remove that member from the cluster first"
        )
