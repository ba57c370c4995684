"""What a machine is told about its cluster: ``cluster-config.json``, and the few settings of this stack."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

PORTS = range(1, 1 << 16)


class BadConfigError(Exception):
    """A configuration can't be used; the message names the file and everything that is wrong in it."""


@dataclass(frozen=True)
class Address:
    """A host, by name or by address, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class ClusterConfig:
    """The documents' ``cluster-config.json``."""

    node_id: str
    bootstrap: bool
    leader_url: Address
    raft_addr: Address
    initial_peers: tuple[Address, ...]
    flaredb_peers: tuple[Address, ...]


@dataclass(frozen=True)
class Settings:
    """What this stack fixes for all its machines; `wait` is how long a first-boot step waits, in seconds."""

    peer_scheme: str
    chainfire_port: int
    flaredb_port: int
    iam_port: int
    wait: float


def read_cluster_config(path: Path) -> ClusterConfig:
    """Read ``cluster-config.json``. Raises `BadConfigError` with every problem in it."""
    fields = _Fields(path)
    config = ClusterConfig(
        node_id=fields.text("node_id"),
        bootstrap=fields.truth("bootstrap"),
        leader_url=fields.url("leader_url"),
        raft_addr=fields.address("raft_addr"),
        initial_peers=fields.addresses("initial_peers"),
        flaredb_peers=fields.addresses("flaredb_peers"),
    )
    if config.bootstrap:
        fields.must_name(config.node_id, "initial_peers", config.initial_peers)
        fields.must_name(config.node_id, "flaredb_peers", config.flaredb_peers)
    fields.check()
    return config


def read_settings(path: Path) -> Settings:
    """Read the stack's settings. Raises `BadConfigError` with every problem in them."""
    fields = _Fields(path)
    settings = Settings(
        peer_scheme=fields.text("peer_scheme"),
        chainfire_port=fields.port("chainfire_port"),
        flaredb_port=fields.port("flaredb_port"),
        iam_port=fields.port("iam_port"),
        wait=fields.number("wait"),
    )
    fields.check()
    return settings


def parse_address(text: object) -> Address | None:
    """Return the address that a text like ``node01:2380`` says, or None where it says none."""
    host, _, port = text.rpartition(":") if isinstance(text, str) else ("", "", "")
    return Address(host, int(port)) if host and port.isdecimal() and int(port) in PORTS else None


class _Fields:
    """A JSON object that notes what is wrong with it, so that all of it can be said in one go."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._problems: list[str] = []
        try:
            fields = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise BadConfigError(
                f"{path}: expected a JSON file: {getattr(error, 'strerror', None) or error}"
            ) from error
        if not isinstance(fields, dict):
            raise BadConfigError(f"{path}: expected a JSON object")
        self._fields: dict[str, Any] = fields

    def problem(self, name: str, expected: str, found: object) -> None:
        what = repr(found) if name in self._fields else "nothing"
        self._problems.append(f"{name}: expected {expected}, found {what}")

    def check(self) -> None:
        if self._problems:
            raise BadConfigError(f"{self._path}: {'; '.join(self._problems)}")

    def must_name(self, node_id: str, name: str, peers: tuple[Address, ...]) -> None:
        if peers and node_id not in (hosts := [peer.host for peer in peers]):
            self.problem(name, f"{node_id} among those who bootstrap", hosts)

    def text(self, name: str) -> str:
        value = self._fields.get(name)
        if not isinstance(value, str) or not value:
            self.problem(name, "a text", value)
        return str(value)

    def truth(self, name: str) -> bool:
        value = self._fields.get(name)
        if not isinstance(value, bool):
            self.problem(name, "true or false", value)
        return value is True

    def number(self, name: str) -> float:
        value = self._fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.problem(name, "a number", value)
            return 0.0
        return float(value)

    def port(self, name: str) -> int:
        value = self._fields.get(name)
        if type(value) is int and value in PORTS:
            return value
        self.problem(name, "a port", value)
        return 0

    def url(self, name: str) -> Address:
        value = self._fields.get(name)
        parts = urlsplit(value) if isinstance(value, str) else None
        address = parse_address(parts.netloc) if parts and parts.scheme == "https" else None
        if address is None:
            self.problem(name, "https://HOST:PORT", value)
        return address or Address("", 0)

    def address(self, name: str) -> Address:
        address = parse_address(self._fields.get(name))
        if address is None:
            self.problem(name, "HOST:PORT", self._fields.get(name))
        return address or Address("", 0)

    def addresses(self, name: str) -> tuple[Address, ...]:
        value = self._fields.get(name)
        found = [parse_address(text) for text in value] if isinstance(value, list) else []
        if not found or None in found:
            self.problem(name, "a list of HOST:PORT", value)
        return tuple(address for address in found if address)
