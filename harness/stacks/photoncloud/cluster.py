"""The running cluster of the documents: Chainfire says who is a member and leads, FlareDB stores, IAM is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.sandbox.waiting import HEALTHY, Patience
from harness.stacks.asking import at_once
from harness.stacks.photoncloud.service import Service
from harness.stacks.places import stack_machines
from harness.stacks.protocol import REQUEST_TIMEOUT, Health, Revision
from harness.stacks.raft_cluster import wait_until_healthy
from harness.stacks.reference.node.https import trusting
from harness.topology import ports

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import timedelta

    from harness.stacks.protocol import Check, Secrets, Which
    from harness.topology.model import Topology


class PhotonCloudCluster(Service):
    """Members and leader are Chainfire's; keys are FlareDB's, as in the documents, and so have another leader.

    `flaredb` has the same verbs for FlareDB's own members and leader.
    """

    def __init__(self, topology: Topology, secrets: Secrets, *, patience: Patience = HEALTHY) -> None:
        machines = {name: (topology.machine(name), address) for name, address in stack_machines(topology).items()}
        trust = trusting(ca_pem=secrets.ca_pem.decode())
        super().__init__("chainfire", machines, ports.CHAINFIRE_CLIENT, trust, patience=patience)
        self.flaredb = Service("flaredb", machines, ports.FLAREDB_CLIENT, trust, patience=patience)
        self._iam = Service("iam", machines, ports.IAM, trust, patience=patience)

    def put(self, key: str, value: str, *, via: Which | None = None, within: timedelta = REQUEST_TIMEOUT) -> Revision:
        """Write a value to FlareDB; the revision is 0 where the answer does not say it."""
        return self.flaredb.put(key, value, via=via, within=within)

    def get(self, key: str, *, via: Which | None = None, within: timedelta = REQUEST_TIMEOUT) -> str | None:
        """Read a key of FlareDB; None where it doesn't exist."""
        return self.flaredb.get(key, via=via, within=within)

    def healthy(self, *, among: Collection[Which] | None = None) -> Health:
        """Look at every health endpoint of the documents once, all at the same time, on all machines or on these.

        Raises `KeyError` for a machine that isn't in the cluster, and nothing else.
        """
        services: list[Service] = [self, self.flaredb, self._iam]
        found: list[list[Check]] = at_once(lambda service: service.checks(among), services)
        return Health(tuple(check for checks in found for check in checks))

    def wait_until_healthy(self, *, within: timedelta, among: Collection[Which] | None = None) -> Health:
        """Wait until every health endpoint answers 200. Raises `harness.sandbox.waiting.NotSeen`."""
        return wait_until_healthy(lambda: self.healthy(among=among), within=within, patience=self.patience)
