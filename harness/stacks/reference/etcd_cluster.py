"""One etcd cluster, asked through its members' JSON gateways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.sandbox.waiting import HEALTHY, Patience
from harness.stacks.asking import CONNECT_TIMEOUT, LOOK_TIMEOUT, Turns, name_of, reading, writing
from harness.stacks.protocol import REQUEST_TIMEOUT, MaybeHappened, Member, Members, Revision, Unavailable
from harness.stacks.raft_cluster import RaftCluster
from harness.stacks.reference.granting import WatchesAndLeases
from harness.stacks.reference.health import Place, look
from harness.stacks.reference.node.etcd import Etcd
from harness.stacks.reference.node.https import Endpoint

if TYPE_CHECKING:
    import ssl
    from collections.abc import Collection, Mapping
    from datetime import timedelta
    from ipaddress import IPv4Address

    from harness.stacks.protocol import Check, Which
    from harness.topology.model import MachineSpec


class EtcdCluster(WatchesAndLeases, RaftCluster):
    """The members that may exist, by name; whether they do is asked each time.

    Puts, linearizable reads and compare-and-swap go through consensus. A member without a leader refuses them at once,
    so that a request to a minority is `Unavailable` as soon as its members know that they are one; before that, it is
    `MaybeHappened`. See `harness.stacks.protocol.Cluster` for what all calls have in common.
    """

    def __init__(
        self,
        service: str,
        machines: Mapping[str, tuple[MachineSpec, IPv4Address]],
        port: int,
        trust: ssl.SSLContext,
        *,
        peer_scheme: str = "http",
        patience: Patience = HEALTHY,
    ) -> None:
        super().__init__(service, [spec for spec, _ in machines.values()], patience=patience)
        self._peer_scheme = peer_scheme
        self._endpoints = {name: Endpoint(str(address), port, trust) for name, (_, address) in machines.items()}
        self._turns = Turns(machines)

    def members(self, *, via: Which | None = None) -> Members:
        """List the members, with the leader and the term that the machine asked knows of."""
        return self._turns.ask(via, self._members_of)

    def put(self, key: str, value: str, *, via: Which | None = None, within: timedelta = REQUEST_TIMEOUT) -> Revision:
        """Write a value through the cluster's consensus."""

        def ask(name: str) -> Revision:
            with writing():
                written = self._etcd(name, within).put(key, value)
            return Revision(written.revision, written.term)

        return self._turns.ask(via, ask)

    def get(
        self,
        key: str,
        *,
        via: Which | None = None,
        within: timedelta = REQUEST_TIMEOUT,
        stale: bool = False,
    ) -> str | None:
        """Read a key: linearizable, or with `stale` what the machine has itself; None where it doesn't exist."""

        def ask(name: str) -> str | None:
            with reading():
                record = self._etcd(name, within).get(key, stale=stale)
            return record.value if record else None

        return self._turns.ask(via, ask)

    def compare_and_swap(
        self,
        key: str,
        expected: str | None,
        value: str,
        *,
        via: Which | None = None,
        within: timedelta = REQUEST_TIMEOUT,
    ) -> Revision | None:
        """Write a value if the key holds what is expected (None: doesn't exist); None where it holds something else."""

        def ask(name: str) -> Revision | None:
            with writing():
                written = self._etcd(name, within).swap(key, expected, value)
            return Revision(written.revision, written.term) if written else None

        return self._turns.ask(via, ask)

    def add_member(
        self, name: str, raft_addr: str, *, via: Which | None = None, within: timedelta = REQUEST_TIMEOUT
    ) -> Members:
        """Add a member at an address, ``HOST:PORT``, before it is started; etcd learns its name when it starts.

        Raises `KeyError` for a machine that the topology does not have here.
        """
        peer_url = f"{self._peer_scheme}://{raft_addr}"
        if name not in self._specs:
            raise KeyError(name)

        def ask(asked: str) -> None:
            with writing():
                self._etcd(asked, within).add_member(peer_url)

        self._turns.ask(via, ask)
        try:
            return self.members(via=via)
        except Unavailable as silence:  # the member was added, and nobody says what the list is now
            raise MaybeHappened(str(silence)) from silence

    def remove(self, member: Which, *, via: Which | None = None, within: timedelta = REQUEST_TIMEOUT) -> None:
        """Remove a member, running or not. Raises `KeyError` where there is none of that name."""
        identities = {each.name: each.id for each in self.members(via=via)}
        identity = identities[name_of(member)]

        def ask(name: str) -> None:
            with writing():
                self._etcd(name, within).remove_member(identity)

        self._turns.ask(via, ask)

    def places(self, among: Collection[Which] | None = None) -> list[Place]:
        """Return the health endpoints of all machines, or of these. Raises `KeyError` for a machine that is unknown."""
        names = [name_of(one) for one in (self.machines if among is None else among)]
        timeout = self.patience.stretch(LOOK_TIMEOUT).total_seconds()
        return [Place(self.service, name, self._endpoints[name], timeout) for name in names]

    def make_leader(self, name: str, *, within: timedelta = REQUEST_TIMEOUT) -> None:
        """Have a machine lead. Raises `KeyError` where it is no member, and as a write does."""
        members = self.members()
        identity = {each.name: each.id for each in members}[name]
        if members.leader is None:
            raise Unavailable(f"{self.service} has no leader that could make way")
        if members.leader != name:
            with writing():
                self._etcd(members.leader, within).move_leader(identity)

    def checks(self, among: Collection[Which] | None = None) -> list[Check]:
        """Look at ``/health`` on all machines, or on these. Raises as `places`."""
        return look(self.places(among))

    def _members_of(self, name: str) -> Members:
        etcd = self._etcd(name, LOOK_TIMEOUT)
        with reading():
            peers, status = etcd.members(), etcd.status()
        members = tuple(Member(peer.name, peer.id, peer.peer_urls) for peer in peers)
        leader = next((member.name for member in members if member.id == status.leader), None)
        return Members(members, leader, status.term, seen_by=name)

    def _etcd(self, name: str, within: timedelta) -> Etcd:
        timeout, connect = self.patience.stretch(within), self.patience.stretch(CONNECT_TIMEOUT)
        return Etcd(self._endpoints[name], timeout=timeout.total_seconds(), connect_timeout=connect.total_seconds())
