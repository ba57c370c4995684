"""The running reference stack: Chainfire is the cluster itself, FlareDB and IAM are its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.sandbox.waiting import HEALTHY, Patience
from harness.stacks.places import stack_machines, stack_of
from harness.stacks.protocol import REQUEST_TIMEOUT, Health
from harness.stacks.raft_cluster import wait_until_healthy
from harness.stacks.reference.etcd_cluster import EtcdCluster
from harness.stacks.reference.health import look
from harness.stacks.reference.iam import Iam
from harness.stacks.reference.node.https import trusting
from harness.stacks.reference.settings import ADMIN_PASSWORD, peer_scheme
from harness.topology import ports

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import timedelta

    from harness.stacks.protocol import Secrets, Which
    from harness.topology.model import Topology


class ReferenceCluster(EtcdCluster):
    """Asks Chainfire by itself; `flaredb` is the second store, and `iam` the token service.

    The documents' ``GET /admin/cluster/members`` is `members`, their ``PUT`` and ``GET /api/v1/kv/KEY`` are `put` and
    `get`: etcd offers the same under other paths.
    """

    def __init__(self, topology: Topology, secrets: Secrets, *, patience: Patience = HEALTHY) -> None:
        addresses = stack_machines(topology)
        machines = {name: (topology.machine(name), address) for name, address in addresses.items()}
        trust = trusting(ca_pem=secrets.ca_pem.decode())
        scheme = peer_scheme(stack_of(topology).raft)
        super().__init__("chainfire", machines, ports.CHAINFIRE_CLIENT, trust, peer_scheme=scheme, patience=patience)
        self.flaredb = EtcdCluster(
            "flaredb", machines, ports.FLAREDB_CLIENT, trust, peer_scheme=scheme, patience=patience
        )
        password = secrets.passwords[ADMIN_PASSWORD]
        self.iam = Iam(addresses, ports.IAM, trust, admin_password=password, patience=patience)

    def healthy(self, *, among: Collection[Which] | None = None) -> Health:
        """Look at every health endpoint of the documents once, all at the same time, on all machines or on these.

        Raises `KeyError` for a machine that isn't in the cluster, and nothing else.
        """
        services: list[EtcdCluster | Iam] = [self, self.flaredb, self.iam]
        return Health(tuple(look([place for service in services for place in service.places(among)])))

    def lead(self, leaders: Mapping[str, str], *, within: timedelta = REQUEST_TIMEOUT) -> None:
        """Have machines lead Chainfire and FlareDB; see `harness.stacks.powers.Leading`."""
        for store in (self, self.flaredb):
            if store.service in leaders:
                store.make_leader(leaders[store.service], within=within)

    def wait_until_healthy(self, *, within: timedelta, among: Collection[Which] | None = None) -> Health:
        """Wait until every health endpoint answers 200. Raises `harness.sandbox.waiting.NotSeen`."""
        return wait_until_healthy(lambda: self.healthy(among=among), within=within, patience=self.patience)
