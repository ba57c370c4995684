"""The documents' stack on namespace machines: two etcd on each, behind a server that speaks the documents' messages."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from harness.machines.services import Service
from harness.provisioning.files import unpack
from harness.sandbox.host import need_program
from harness.sandbox.waiting import wait_until
from harness.stacks.photoncloud.cluster import PhotonCloudCluster
from harness.stacks.photoncloud.stack import PhotonCloudStack
from harness.stacks.places import stack_machines, stack_of
from harness.stacks.protocol import MaybeHappened
from harness.stacks.reference import settings
from harness.stacks.reference.node.membership import environment
from harness.units import seconds
from tests.stacks.photoncloud.server import BEHIND

if TYPE_CHECKING:
    from harness.stacks.photoncloud.service import Service as Asked
    from harness.stacks.protocol import Secrets
    from harness.topology.model import Topology

ROOT = Path(__file__).parents[3]


def added(cluster: Asked, machine: str, raft_addr: str) -> bool:
    """Ask for a membership unless it is there: etcd takes none within five seconds of the return of a member."""
    if machine in cluster.members().names:
        return True
    with contextlib.suppress(MaybeHappened):
        cluster.add_member(machine, raft_addr)
    return False


class OverEtcd(PhotonCloudStack):
    """A machine that joins is added through the documents' interface, to both clusters."""

    name = "photoncloud-over-etcd"

    def prepare(self, topology: Topology, machine: str, secrets: Secrets, root: Path) -> tuple[Service, ...]:
        unpack(self.files(topology, machine, secrets), root)
        etcd = need_program("etcd", "etcd-server")
        folder = str(root / settings.SECRETS)
        server = (sys.executable, "-m", "tests.stacks.photoncloud.server", machine, folder)
        return (
            *(
                Service(name, (etcd,), self._told(name, topology, machine, secrets, root))
                for name in settings.RAFT_PORTS
            ),
            Service("photoncloud", server, {"PYTHONPATH": str(ROOT)}),
        )

    def _told(self, service: str, topology: Topology, machine: str, secrets: Secrets, root: Path) -> dict[str, str]:
        client, raft = settings.RAFT_PORTS[service]
        told = settings.etcd_environment(topology, topology.machine(machine), service, root=PurePosixPath(root))
        listens = f"https://127.0.0.1:{client + BEHIND}"
        told |= {"ETCD_LISTEN_CLIENT_URLS": listens, "ETCD_ADVERTISE_CLIENT_URLS": listens}
        bootstrap = stack_of(topology).bootstrap
        own = f"http://{stack_machines(topology)[machine]}:{raft}"
        if machine in bootstrap:
            addresses = stack_machines(topology)
            return told | environment("new", [(one, f"http://{addresses[one]}:{raft}") for one in bootstrap], own)
        cluster = PhotonCloudCluster(topology, secrets)
        asked = cluster if service == "chainfire" else cluster.flaredb
        wait_until(
            f"{service} to take {machine}",
            lambda: added(asked, machine, own.removeprefix("http://")),
            within=20 * seconds,
        )
        members = [(one.name, f"http://{one.peer_urls[0]}") for one in asked.members()]
        return told | environment("existing", members, own)
