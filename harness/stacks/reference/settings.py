"""The configuration files of the reference stack, as pure functions of the topology."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from harness.stacks.places import stack_of
from harness.topology import ports
from harness.topology.cluster_config import stack_address
from harness.units import milliseconds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from ipaddress import IPv4Address

    from harness.topology.model import MachineSpec, RaftSettings, Topology

ROOT = PurePosixPath("/")
SECRETS = PurePosixPath("etc/nixos/secrets")
STATE = PurePosixPath("var/lib")
"""Where a machine keeps what it was told, and its data, below its root."""

HEALTH = PurePosixPath("/etc/harness/health")
"""Where the keeper of `images/common` looks for `health_endpoints`."""

RAFT_PORTS = {
    "chainfire": (ports.CHAINFIRE_CLIENT, ports.CHAINFIRE_RAFT),
    "flaredb": (ports.FLAREDB_CLIENT, ports.FLAREDB_RAFT),
}
ADMIN_PASSWORD = "iam-admin-password"  # noqa: S105 - the name of the file that holds it, and of the secret
LOOPBACK = "127.0.0.1"
GOSSIP_RPC = "127.0.0.1:7373"
"""Where `serf members` asks on the machine itself; serf's default."""
LAN_PROBE_TIMEOUT = 500 * milliseconds
"""How long serf's profile ``lan`` waits for an answer until it suspects a member (memberlist, `DefaultLANConfig`)."""


def etcd_environment(
    topology: Topology, machine: MachineSpec, service: str, *, root: PurePosixPath = ROOT
) -> dict[str, str]:
    """Return what etcd is told about its machine, whose files are below `root` (etcd 3.4, etcd.conf).

    Who its peers are is told at the first boot.
    """
    stack = stack_of(topology)
    address = stack_address(topology, machine.name)
    client, raft = RAFT_PORTS[service]
    scheme = peer_scheme(stack.raft)
    return {
        "ETCD_NAME": machine.name,
        "ETCD_DATA_DIR": str(root / STATE / service),
        "ETCD_INITIAL_CLUSTER_TOKEN": f"{topology.name}-{service}",
        "ETCD_LISTEN_CLIENT_URLS": f"https://{address}:{client},https://127.0.0.1:{client}",
        "ETCD_ADVERTISE_CLIENT_URLS": f"https://{address}:{client}",
        "ETCD_LISTEN_PEER_URLS": f"{scheme}://{address}:{raft}",
        "ETCD_HEARTBEAT_INTERVAL": _milliseconds(stack.raft.heartbeat),
        "ETCD_ELECTION_TIMEOUT": _milliseconds(stack.raft.election_timeout),
        "ETCD_LOGGER": "zap",
        **_tls("ETCD", machine.name, root / SECRETS),
        **(_peer_tls(machine.name, root / SECRETS) if stack.raft.peer_tls else {}),
    }


def gossip_config(
    topology: Topology, machine: MachineSpec, *, hosts: Mapping[str, IPv4Address] | None = None
) -> dict[str, object]:
    """Return serf's configuration: it joins whichever of the bootstrap machines it can reach, and goes on trying.

    It knows them by name, or by their addresses where these are given. Where Raft's heartbeats are that far apart that
    ``lan`` would suspect members who are well, its profile is ``wan``.
    """
    address = stack_address(topology, machine.name)
    stack = stack_of(topology)
    others = [name for name in stack.bootstrap if name != machine.name]
    return {
        "node_name": machine.name,
        "profile": "lan" if stack.raft.heartbeat < LAN_PROBE_TIMEOUT else "wan",
        "bind": f"{address}:{ports.GOSSIP}",
        "rpc_addr": GOSSIP_RPC,
        "retry_join": [f"{hosts[name] if hosts else name}:{ports.GOSSIP}" for name in others],
        "retry_interval": "2s",
        "tags": {"role": machine.role},
    }


def health_endpoints() -> bytes:
    """Return where a machine asks its own services how they are, a line for each: SERVICE HOST PORT PATH AUTHORITY."""
    services = {**{name: client for name, (client, _) in RAFT_PORTS.items()}, "iam": ports.IAM}
    authority = ROOT / SECRETS / "ca.crt"
    return "".join(f"{name} {LOOPBACK} {port} /health {authority}\n" for name, port in services.items()).encode()


def node_settings(raft: RaftSettings, wait: timedelta) -> dict[str, object]:
    """Return what the programs on the machines read; `wait` is how long a first-boot step waits."""
    return {
        "peer_scheme": peer_scheme(raft),
        "chainfire_port": ports.CHAINFIRE_CLIENT,
        "flaredb_port": ports.FLAREDB_CLIENT,
        "iam_port": ports.IAM,
        "wait": wait.total_seconds(),
    }


def peer_scheme(raft: RaftSettings) -> str:
    """Return the URL scheme that Raft peers speak."""
    return "https" if raft.peer_tls else "http"


def as_environment(variables: Mapping[str, str]) -> bytes:
    """Return an environment file (systemd.exec(5), EnvironmentFile)."""
    return "".join(f"{name}={value}\n" for name, value in variables.items()).encode()


def as_json(value: object) -> bytes:
    """Return a JSON file that a person can read."""
    return (json.dumps(value, indent=2) + "\n").encode()


def _tls(prefix: str, machine: str, secrets: PurePosixPath) -> dict[str, str]:
    return {
        f"{prefix}_CERT_FILE": str(secrets / f"{machine}.crt"),
        f"{prefix}_KEY_FILE": str(secrets / f"{machine}.key"),
    }


def _peer_tls(machine: str, secrets: PurePosixPath) -> dict[str, str]:
    trust = {"ETCD_PEER_TRUSTED_CA_FILE": str(secrets / "ca.crt"), "ETCD_PEER_CLIENT_CERT_AUTH": "true"}
    return {**_tls("ETCD_PEER", machine, secrets), **trust}


def _milliseconds(duration: timedelta) -> str:
    return str(round(duration.total_seconds() * 1000))
