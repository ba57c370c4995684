"""The reference stack on machines that share the host's programs and files: each has a root folder of its own.

What is below that root is what is on an installed machine, but for two things: members know each other by address,
since there is no ``/etc/hosts`` of their own, and there is no first boot, whose answers are known before.
"""

from __future__ import annotations

import sys
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from harness.machines.services import Service
from harness.provisioning.files import File, unpack
from harness.sandbox.host import need_program
from harness.sandbox.waiting import NotSeen, wait_until
from harness.stacks.places import reached_machines, stack_machines, stack_of
from harness.stacks.protocol import Unavailable
from harness.stacks.reference import settings
from harness.stacks.reference.node.config import Address
from harness.stacks.reference.node.etcd import Etcd
from harness.stacks.reference.node.https import Endpoint, trusting
from harness.stacks.reference.node.membership import RaftService, environment, joining_environment, request_membership
from harness.stacks.reference.node.waiting import StepError
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.provisioning.files import Entry
    from harness.stacks.protocol import Secrets
    from harness.stacks.reference.node.etcd import Peer
    from harness.topology.model import MachineSpec, Topology

GOSSIP_CONFIG = PurePosixPath("/etc/harness-stack/gossip.json")
PYTHON_PROGRAMS = PurePosixPath("usr/lib/harness-stack")
ADMINISTRATOR = "iam-initial-setup"
"""The one step of the first boot that is taken here, too: by one machine, since one is enough."""

PROGRAMS = {"etcd": "etcd-server", "serf": "serf"}
"""What the services run, and Debian's packages that bring it."""

ASK_WITHIN = 10 * seconds
ADDED_WITHIN = 20 * seconds
"""etcd takes no member within five seconds of the return of another one."""

KNOWS_ITS_PEERS = "starting local member"
"""A member that forms a cluster first asks its peers, a second each, whether there is one already: one that listens and
does not serve yet makes it wait (etcd 3.4, etcdserver/cluster_util.go)."""


def prepare(
    files: Mapping[PurePosixPath, Entry], topology: Topology, machine: MachineSpec, secrets: Secrets, root: Path
) -> tuple[Service, ...]:
    """Write a machine's files below its root, and return its services; see `harness.stacks.protocol.Native`."""
    hosts = reached_machines(topology)
    etcd, serf = (need_program(name, package) for name, package in PROGRAMS.items())
    gossip = settings.as_json(settings.gossip_config(topology, machine, hosts=hosts))
    unpack({**files, GOSSIP_CONFIG: File(gossip)}, root)
    services = [Service("chainfire-gossip", (serf, "agent", f"-config-file={root}{GOSSIP_CONFIG}"))]
    if machine.name in stack_machines(topology):
        for name in settings.RAFT_PORTS:
            told = settings.etcd_environment(topology, machine, name, root=PurePosixPath(root))
            membership = _membership(topology, machine, name, secrets)
            services.append(Service(name, (etcd,), told | membership, KNOWS_ITS_PEERS))
        services.append(Service("iam", (sys.executable, str(root / PYTHON_PROGRAMS / "iam"), str(root))))
    if machine.name == stack_of(topology).bootstrap[0]:
        step = (str(root / PYTHON_PROGRAMS / "first-boot"), ADMINISTRATOR, str(root))
        services.append(Service(ADMINISTRATOR, (sys.executable, *step), once=True))
    return tuple(services)


def _membership(topology: Topology, machine: MachineSpec, service: str, secrets: Secrets) -> dict[str, str]:
    """Return who a machine's peers are; one that joins is made a member for that."""
    stack, hosts = stack_of(topology), reached_machines(topology)
    scheme, (client, raft) = settings.peer_scheme(stack.raft), settings.RAFT_PORTS[service]
    peers = {name: Address(str(hosts[name]), raft) for name in (*stack.bootstrap, machine.name)}
    if machine.name in stack.bootstrap:
        urls = {name: f"{scheme}://{peer}" for name, peer in peers.items()}
        return environment("new", list(urls.items()), urls[machine.name])
    entry = Address(str(hosts[stack.bootstrap[0]]), client)
    founders = tuple(peers[name] for name in stack.bootstrap)
    return _join(RaftService(service, machine.name, scheme, client, peers[machine.name], founders, entry), secrets)


def _join(service: RaftService, secrets: Secrets) -> dict[str, str]:
    """Have a machine added to a running cluster, which is asked again while it has a reason to wait.

    Raises `Unavailable` where the machine is not taken.
    """
    trust = trusting(ca_pem=secrets.ca_pem.decode())
    etcd = Etcd(Endpoint(service.entry.host, service.entry.port, trust), timeout=ASK_WITHIN.total_seconds())
    complaint = ""

    def ask() -> Sequence[Peer] | None:
        nonlocal complaint
        members, complaint = request_membership(service, etcd)
        return members

    try:
        members = wait_until(f"{service.name} to add {service.node_id}", ask, within=ADDED_WITHIN)
    except (StepError, NotSeen) as error:
        reason = complaint or str(error)
        raise Unavailable(f"{service.name} does not take {service.node_id}: {reason}") from error
    return joining_environment(service, members)
