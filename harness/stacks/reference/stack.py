"""The reference stack: the documents' services, played by real programs under their names, ports and files."""

from __future__ import annotations

import secrets as random
from importlib import resources
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING

from harness.provisioning.files import SECRET, Entry, File, Link
from harness.sandbox.waiting import HEALTHY
from harness.stacks.lab_secrets import FOLDER, lab_secrets, secret_files
from harness.stacks.places import stack_machines, stack_of
from harness.stacks.reference import settings
from harness.topology.cluster_config import stack_address
from harness.units import minutes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import timedelta
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from harness.machines.services import Service
    from harness.sandbox.waiting import Patience
    from harness.stacks.protocol import Secrets
    from harness.stacks.reference.cluster import ReferenceCluster
    from harness.topology.model import MachineSpec, Topology

CONFIGURATION = PurePosixPath("/etc/harness-stack")
PROGRAMS = PurePosixPath("/usr/lib/harness-stack")
UNITS = PurePosixPath("/etc/systemd/system")

START_ORDER = (
    "harness-booted.service",
    "first-boot-automation.service",
    "chainfire.service",
    "chainfire-gossip.service",
    "flaredb.service",
    "iam.service",
    "chainfire-cluster-join.service",
    "flaredb-cluster-join.service",
    "iam-initial-setup.service",
    "cluster-health-check.service",
)
WITHOUT_VOTE = ("harness-booted.service", "chainfire-gossip.service")
MASKED = ("etcd.service", "serf.service")
"""What Debian's packages would start by themselves, on the same ports."""

ABSENT = MappingProxyType(
    {
        "PlasmaVMC": "it starts virtual machines with KVM, and a lab's machines are themselves guests without it",
        "PrismNET": "nothing in Debian is an OVN-backed network service with the documented interface",
        "LightningStor": "nothing in Debian is a block or S3 store with the documented interface",
        "K8sHost": "nothing in Debian is its pod scheduler, and another one would show another one's failures",
        "FiberLB": "not in this stack yet: it takes a load balancer (haproxy) and a BGP daemon",
        "FlashDNS": "not in this stack yet: it takes a name server (dnsmasq) on port 8053",
    }
)

PASSWORD_BYTES = 24


class ReferenceStack:
    """Chainfire and FlareDB are etcd, the gossip is serf, IAM is a small service that keeps its state in FlareDB.

    `wait` is how long a machine's first-boot steps wait for what they need before they fail; the machines don't know
    how slow their host is, so it is generous.
    """

    name = "reference"
    absent: Mapping[str, str] = ABSENT

    def __init__(self, wait: timedelta = 15 * minutes) -> None:
        self._wait = wait

    def secrets(self, topology: Topology) -> Secrets:
        """Make a fresh authority, a certificate for each machine on the stack's VLANs, and IAM's first password."""
        return lab_secrets(topology, {settings.ADMIN_PASSWORD: random.token_urlsafe(PASSWORD_BYTES)})

    def files(self, topology: Topology, machine: str, secrets: Secrets) -> dict[PurePosixPath, Entry]:
        """Return the secrets, configuration, programs and units for a machine.

        Raises `LookupError` for a topology without a stack, and for a machine that it hasn't got or that has no card on
        the stack's VLAN.
        """
        stack_address(topology, machine)
        spec = topology.machine(machine)
        return {
            **_secret_files(topology, spec, secrets),
            **self._configuration(topology, spec),
            **_programs(),
            **dict(_unit_files()),
        }

    def units(self, topology: Topology, machine: str) -> tuple[str, ...]:
        """Return the units to enable: on all voters the same, since each finds out at first boot what it is.

        A machine without a vote has no Raft, so it only gossips. Raises `LookupError` as `files` does.
        """
        stack_address(topology, machine)
        return START_ORDER if machine in stack_machines(topology) else WITHOUT_VOTE

    def cluster(self, topology: Topology, secrets: Secrets, *, patience: Patience = HEALTHY) -> ReferenceCluster:
        """Return the means to ask the cluster, which trusts the lab's authority and nothing else."""
        from harness.stacks.reference.cluster import ReferenceCluster  # noqa: PLC0415 - loads TLS, for a lab only

        return ReferenceCluster(topology, secrets, patience=patience)

    def prepare(self, topology: Topology, machine: str, secrets: Secrets, root: Path) -> tuple[Service, ...]:
        """Write a machine's files below its root, and return its services; see `harness.stacks.protocol.Native`."""
        from harness.stacks.reference import native  # noqa: PLC0415 - loads TLS, for a lab only

        return native.prepare(
            self.files(topology, machine, secrets), topology, topology.machine(machine), secrets, root
        )

    def _configuration(self, topology: Topology, machine: MachineSpec) -> dict[PurePosixPath, Entry]:
        raft = stack_of(topology).raft
        gossip = settings.gossip_config(topology, machine)
        node = settings.node_settings(raft, self._wait)
        etcd = {
            CONFIGURATION / f"{service}.env": File(
                settings.as_environment(settings.etcd_environment(topology, machine, service))
            )
            for service in settings.RAFT_PORTS
        }
        voters = stack_machines(topology)
        return {
            **etcd,
            **({settings.HEALTH: File(settings.health_endpoints())} if machine.name in voters else {}),
            CONFIGURATION / "gossip.json": File(settings.as_json(gossip)),
            CONFIGURATION / "settings.json": File(settings.as_json(node)),
        }


def _secret_files(topology: Topology, machine: MachineSpec, secrets: Secrets) -> dict[PurePosixPath, Entry]:
    password = File(f"{secrets.passwords[settings.ADMIN_PASSWORD]}\n".encode(), SECRET)
    return {**secret_files(topology, machine.name, secrets), FOLDER / settings.ADMIN_PASSWORD: password}


def _programs() -> dict[PurePosixPath, Entry]:
    folder = resources.files("harness.stacks.reference") / "node"
    return dict(_program(file) for file in folder.iterdir() if file.is_file())


def _program(file: Traversable) -> tuple[PurePosixPath, Entry]:
    if file.name.endswith(".py"):
        return PROGRAMS / "node" / file.name, File(file.read_bytes())
    return PROGRAMS / file.name, File(file.read_bytes(), 0o755)


def _unit_files() -> Iterator[tuple[PurePosixPath, Entry]]:
    folder = resources.files("harness.stacks.reference") / "units"
    for unit in START_ORDER:
        yield UNITS / unit, File((folder / unit).read_bytes())
    for unit in MASKED:
        yield UNITS / unit, Link("/dev/null")
