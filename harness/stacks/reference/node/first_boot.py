"""What a machine does at its first boot, one documented step for each call: ``first-boot STEP``.

Each step says what it waits for, is done once (a marker file says so), and may be repeated at any time. The lines that
begin with ``harness:`` are for whoever watches the console.
"""

from __future__ import annotations

import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .config import Address, BadConfigError, ClusterConfig, Settings, read_cluster_config, read_settings
from .credentials import check_credentials
from .etcd import Etcd
from .https import OK, Endpoint, NoAnswerError, NotSentError, UntrustedError, trusting
from .iam_store import Store, ensure_admin
from .membership import (
    RaftService,
    bootstrap_environment,
    joining_environment,
    raft_services,
    request_membership,
    write_durably,
    write_environment,
)
from .waiting import StepError, say, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

LOCAL = "127.0.0.1"
ATTEMPT = 5.0
"""How long a connection may take, in seconds: on a slow machine a TLS handshake alone takes one."""


@dataclass(frozen=True)
class Paths:
    """Where a machine keeps what it was told, and what it has done."""

    secrets: Path = Path("/etc/nixos/secrets")
    settings: Path = Path("/etc/harness-stack/settings.json")
    state: Path = Path("/var/lib/first-boot-automation")

    @classmethod
    def below(cls, root: Path) -> Paths:
        """Return the same places below another root, for a machine that shares a file system with others."""
        usual = cls()
        return cls(*(root / place.relative_to("/") for place in (usual.secrets, usual.settings, usual.state)))


@dataclass(frozen=True)
class Machine:
    """This machine: its configuration, and where its files are."""

    config: ClusterConfig
    settings: Settings
    paths: Paths

    @classmethod
    def read(cls, paths: Paths) -> Machine:
        """Read the machine's configuration. Raises `BadConfigError`."""
        config = read_cluster_config(paths.secrets / "cluster-config.json")
        return cls(config, read_settings(paths.settings), paths)

    @property
    def attempt(self) -> float:
        """How long a connection and its TLS handshake may take, in seconds; an answer may take twice that."""
        return min(ATTEMPT, self.settings.wait)

    def service(self, name: str) -> RaftService:
        """Return the Raft service of that name."""
        return raft_services(self.config, self.settings)[name]

    def environment(self, service: str) -> Path:
        """Return where a Raft service's membership is written down."""
        return self.paths.state / f"{service}.env"

    def endpoint(self, address: Address) -> Endpoint:
        """Return an HTTPS service that the cluster's authority vouches for."""
        return Endpoint(address.host, address.port, trusting(self.paths.secrets / "ca.crt"))

    def etcd(self, address: Address) -> Etcd:
        """Return an etcd member."""
        return Etcd(self.endpoint(address), timeout=2 * self.attempt, connect_timeout=self.attempt)


def first_boot_automation(machine: Machine) -> None:
    """Check the secrets, and tell from ``bootstrap`` whether the clusters are to be formed or joined."""
    check_credentials(machine.paths.secrets, machine.config.node_id)
    if not machine.config.bootstrap:
        say(f"bootstrap=false: joining through {machine.config.leader_url}")
        return
    for service in raft_services(machine.config, machine.settings).values():
        if not machine.environment(service.name).exists():
            say(f"bootstrap=true: {service.name} forms with {', '.join(map(str, service.peers))}")
            write_environment(machine.environment(service.name), bootstrap_environment(service))


def chainfire_cluster_join(machine: Machine) -> None:
    """See Chainfire's cluster formed, or join it."""
    _become_member(machine, machine.service("chainfire"))


def flaredb_cluster_join(machine: Machine) -> None:
    """See FlareDB's cluster formed, or join it."""
    _become_member(machine, machine.service("flaredb"))


def iam_initial_setup(machine: Machine) -> None:
    """Create IAM's administrator, whichever machine comes first."""
    marker = machine.paths.state / ".iam-initialized"
    if _done_before(marker):
        return
    _wait_for_health(machine, "iam", machine.settings.iam_port)
    password = (machine.paths.secrets / "iam-admin-password").read_text().strip()
    store = Store(machine.etcd(Address(LOCAL, machine.settings.flaredb_port)))
    wait_for("iam's administrator", lambda: ensure_admin(store, password), seconds=machine.settings.wait)
    _mark(marker, "iam-initialized")


def cluster_health_check(machine: Machine) -> None:
    """See that every service here answers 200 on ``/health``: the clusters do with a quorum only, IAM with FlareDB."""
    settings = machine.settings
    ports = {"chainfire": settings.chainfire_port, "flaredb": settings.flaredb_port, "iam": settings.iam_port}
    for name, port in ports.items():
        _wait_for_health(machine, name, port)
    say("harness: cluster-healthy")


STEPS: dict[str, Callable[[Machine], None]] = {
    "first-boot-automation": first_boot_automation,
    "chainfire-cluster-join": chainfire_cluster_join,
    "flaredb-cluster-join": flaredb_cluster_join,
    "iam-initial-setup": iam_initial_setup,
    "cluster-health-check": cluster_health_check,
}


def main(arguments: Sequence[str]) -> int:
    """Run a step and return the exit status: 0 it is done, 1 it failed, 2 there is no such step.

    A second argument is the root of the machine's files.
    """
    step, *rest = arguments or [""]
    if step not in STEPS or len(rest) > 1:
        say(f"usage: first-boot {{{','.join(STEPS)}}} [ROOT]")
        return 2
    try:
        STEPS[step](Machine.read(Paths.below(Path(*rest or "/"))))
    except (StepError, BadConfigError, OSError) as error:
        say(f"harness: failed: {step}: {error}")
        return 1
    return 0


def _become_member(machine: Machine, service: RaftService) -> None:
    done = "initialized" if machine.config.bootstrap else "joined"
    marker = machine.paths.state / f".{service.name}-{done}"
    if _done_before(marker):
        return
    if not machine.config.bootstrap and not machine.environment(service.name).exists():
        _join(machine, service)
    _wait_for_health(machine, service.name, service.client_port, needs=service.peers)
    _mark(marker, f"{service.name}-{done}")


def _join(machine: Machine, service: RaftService) -> None:
    def look() -> str | None:
        members, complaint = request_membership(service, machine.etcd(service.entry))
        if members is not None:
            write_environment(machine.environment(service.name), joining_environment(service, members))
        return complaint or None

    wait_for(f"{service.name} to add this machine", look, seconds=machine.settings.wait)
    _start(f"{service.name}.service")


def _start(unit: str) -> None:
    import subprocess  # noqa: PLC0415 - only a machine that joins starts a unit by itself

    done = subprocess.run(["/usr/bin/systemctl", "start", unit], check=False, capture_output=True, text=True)
    if done.returncode:
        raise StepError(f"systemctl start {unit}: {done.stderr.strip() or done.returncode}")


def _wait_for_health(machine: Machine, name: str, port: int, needs: Iterable[Address] = ()) -> None:
    endpoint = machine.endpoint(Address(LOCAL, port))

    def look() -> str | None:
        complaint = _health_complaint(endpoint, machine.attempt)
        return complaint and "; ".join([complaint, *_unreachable(needs)])

    wait_for(f"{name} to be healthy", look, seconds=machine.settings.wait)


def _health_complaint(endpoint: Endpoint, attempt: float) -> str | None:
    try:
        answer = endpoint.request("GET", "/health", timeout=2 * attempt, connect_timeout=attempt)
    except UntrustedError as error:
        raise StepError(str(error)) from error
    except (NotSentError, NoAnswerError) as error:
        return str(error)
    return None if answer.status == OK else f"{endpoint}/health: status {answer.status}: {answer.text()}"


def _unreachable(peers: Iterable[Address]) -> list[str]:
    complaints = []
    for peer in peers:
        try:
            socket.create_connection((peer.host, peer.port), timeout=1.0).close()
        except OSError as error:
            complaints.append(f"{peer}: {error.strerror or error}")
    return complaints


def _done_before(marker: Path) -> bool:
    if marker.exists():
        say(f"nothing to do: {marker} exists")
        return True
    return False


def _mark(marker: Path, line: str) -> None:
    write_durably(marker, "")
    say(f"harness: {line}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
