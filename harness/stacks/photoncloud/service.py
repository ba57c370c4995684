"""One service of the documents, asked on any machine: who is a member of it, and what it stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.sandbox.waiting import HEALTHY, Patience
from harness.stacks.asking import CONNECT_TIMEOUT, LOOK_TIMEOUT, Turns, at_once, name_of, reading, writing
from harness.stacks.photoncloud import messages
from harness.stacks.protocol import REQUEST_TIMEOUT, Check, MaybeHappened, Member, Members, Revision, Unavailable
from harness.stacks.raft_cluster import RaftCluster
from harness.stacks.reference.node.https import Endpoint, NoAnswerError, NotSentError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Collection, Mapping
    from datetime import timedelta
    from ipaddress import IPv4Address

    from harness.stacks.protocol import Which
    from harness.stacks.reference.node.https import Answer
    from harness.topology.model import MachineSpec


class Service(RaftCluster):
    """The machines that may run a service, by name, and the port that it serves on all of them.

    See `harness.stacks.protocol.Cluster` for what all calls have in common, and `messages` for what is assumed of the
    answers.
    """

    def __init__(
        self,
        service: str,
        machines: Mapping[str, tuple[MachineSpec, IPv4Address]],
        port: int,
        trust: ssl.SSLContext,
        *,
        patience: Patience = HEALTHY,
    ) -> None:
        super().__init__(service, [spec for spec, _ in machines.values()], patience=patience)
        self._endpoints = {name: Endpoint(str(address), port, trust) for name, (_, address) in machines.items()}
        self._turns = Turns(machines)

    def members(self, *, via: Which | None = None) -> Members:
        """List the members, with the leader and the term that the machine asked knows of.

        A member has its id for its name, and its Raft address for its only peer URL; it has no number.
        """

        def ask(name: str) -> Members:
            with reading():
                answer = self._request(name, "GET", messages.MEMBERS, within=LOOK_TIMEOUT)
                listing = messages.read_listing(self._at(name), answer)
            members = tuple(Member(one.id, 0, (one.raft_addr,)) for one in listing.members)
            return Members(members, listing.leader, listing.term, seen_by=name)

        return self._turns.ask(via, ask)

    def add_member(
        self, name: str, raft_addr: str, *, via: Which | None = None, within: timedelta = REQUEST_TIMEOUT
    ) -> Members:
        """Add a member at an address, ``HOST:PORT``, through the leader, or through `via`; return the members then.

        Raises `Unavailable` where it is not taken, `MaybeHappened`, and `KeyError` for a machine that the topology does
        not have here.
        """
        if name not in self._endpoints:
            raise KeyError(name)
        body = messages.membership(name, raft_addr)
        asked = name_of(via) if via is not None else self.leader().name
        with writing():
            answer = self._request(asked, "POST", messages.ADD_MEMBER, body, within=within)
            messages.read_written(self._at(asked), answer)
        try:
            return self.members(via=asked)
        except Unavailable as error:  # which would say that nothing was done
            raise MaybeHappened(f"{name} was added, but the members can't be listed: {error}") from error

    def put(self, key: str, value: str, *, via: Which | None = None, within: timedelta = REQUEST_TIMEOUT) -> Revision:
        """Write a value; the revision is 0 where the answer does not say it."""

        def ask(name: str) -> Revision:
            with writing():
                answer = self._request(name, "PUT", messages.key_path(key), {"value": value}, within=within)
                written = messages.read_written(self._at(name), answer)
            return Revision(written.revision, written.term)

        return self._turns.ask(via, ask)

    def get(self, key: str, *, via: Which | None = None, within: timedelta = REQUEST_TIMEOUT) -> str | None:
        """Read a key; None where it doesn't exist."""

        def ask(name: str) -> str | None:
            with reading():
                answer = self._request(name, "GET", messages.key_path(key), within=within)
                return messages.read_value(self._at(name), answer)

        return self._turns.ask(via, ask)

    def checks(self, among: Collection[Which] | None = None) -> list[Check]:
        """Look at ``/health`` on all machines, or on these. Raises `KeyError` for a machine that is unknown."""
        names = [name_of(one) for one in (self.machines if among is None else among)]
        return at_once(self._check, names)

    def _check(self, name: str) -> Check:
        url = f"{self._endpoints[name]}{messages.HEALTH}"
        try:
            answer = self._request(name, "GET", messages.HEALTH, within=LOOK_TIMEOUT)
        except (NotSentError, NoAnswerError) as error:
            return Check(self.service, name, url, healthy=False, seen=str(error))
        seen = f"status {answer.status}: {answer.text()}"
        return Check(self.service, name, url, healthy=messages.is_healthy(answer), seen=seen)

    def _at(self, name: str) -> str:
        return f"{self.service} on {name} ({self._endpoints[name]})"

    def _request(
        self, name: str, method: str, path: str, body: Mapping[str, object] | None = None, *, within: timedelta
    ) -> Answer:
        headers = {} if body is None else {"Content-Type": "application/json"}
        timeout, connect = self.patience.stretch(within), self.patience.stretch(CONNECT_TIMEOUT)
        return self._endpoints[name].request(
            method, path, body, headers, timeout=timeout.total_seconds(), connect_timeout=connect.total_seconds()
        )
