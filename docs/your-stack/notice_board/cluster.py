"""How a scenario asks the boards."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from harness.stacks.asking import Turns, at_once, name_of, reading, writing
from harness.stacks.places import stack_machines
from harness.stacks.protocol import (
    REQUEST_TIMEOUT,
    Check,
    Health,
    MaybeHappened,
    Member,
    Members,
    Revision,
    Unavailable,
)
from harness.stacks.raft_cluster import RaftCluster, wait_until_healthy
from harness.stacks.reference.node.https import Answer, Endpoint, NoAnswerError, NotSentError, trusting

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import timedelta

    from harness.sandbox.waiting import Patience
    from harness.stacks.protocol import Secrets, Which
    from harness.topology.model import Topology

PORT = 7000
OK, NOT_FOUND, NOT_THE_LEADER = 200, 404, 421


class NoticeBoards(RaftCluster):
    """The boards. `RaftCluster` makes `leader` and `wait_for_leader` of what `members` says."""

    def __init__(self, topology: Topology, secrets: Secrets, *, patience: Patience) -> None:
        addresses = stack_machines(topology)
        super().__init__("notice-board", map(topology.machine, addresses), patience=patience)
        trust = trusting(ca_pem=secrets.ca_pem.decode())
        self._endpoints = {name: Endpoint(str(address), PORT, trust) for name, address in addresses.items()}
        self._turns = Turns(addresses)

    def members(self, *, via: Which | None = None) -> Members:
        """List the boards, as one of them does. There are no elections, so the term is always 1."""

        def ask(name: str) -> Members:
            with reading():
                fields = self._ask(name, "GET", "/boards").fields()
            members = tuple(Member(board, number) for number, board in enumerate(fields["boards"], start=1))
            return Members(members, fields["leader"], 1, seen_by=name)

        return self._turns.ask(via, ask)

    def put(self, key: str, value: str, *, via: Which | None = None, within: timedelta = REQUEST_TIMEOUT) -> Revision:
        """Pin a notice. Without `via`, boards are asked in turn until one does not refuse."""

        def ask(name: str) -> Revision:
            with writing():  # not sent: Unavailable; no answer: MaybeHappened
                answer = self._ask(name, "PUT", notice(key), {"text": value}, within)
            if answer.status == NOT_THE_LEADER:
                raise Unavailable(f"{name}: {answer.text()}")
            if answer.status != OK:  # some boards may have it
                raise MaybeHappened(f"{name}: {answer.text()}")
            return Revision(answer.fields()["revision"], 1)

        return self._turns.ask(via, ask)

    def get(self, key: str, *, via: Which | None = None, within: timedelta = REQUEST_TIMEOUT) -> str | None:
        """Read a notice at the leader."""

        def ask(name: str) -> str | None:
            with reading():  # whatever goes wrong: Unavailable
                answer = self._ask(name, "GET", notice(key), None, within)
            if answer.status not in (OK, NOT_FOUND):
                raise Unavailable(f"{name}: {answer.text()}")
            return str(answer.fields()["text"]) if answer.status == OK else None

        return self._turns.ask(via, ask)

    def healthy(self, *, among: Collection[Which] | None = None) -> Health:
        """Look at every board's health."""
        names = [name_of(one) for one in (self.machines if among is None else among)]
        return Health(tuple(at_once(self._check, names)))

    def wait_until_healthy(self, *, within: timedelta, among: Collection[Which] | None = None) -> Health:
        """Wait until every board is healthy."""
        return wait_until_healthy(lambda: self.healthy(among=among), within=within, patience=self.patience)

    def _check(self, name: str) -> Check:
        url = f"{self._endpoints[name]}/health"
        try:
            answer = self._ask(name, "GET", "/health")
        except (NotSentError, NoAnswerError) as error:
            return Check("notice-board", name, url, healthy=False, seen=str(error))
        return Check("notice-board", name, url, healthy=answer.status == OK, seen=answer.text())

    def _ask(
        self,
        name: str,
        method: str,
        path: str,
        fields: Mapping[str, object] | None = None,
        within: timedelta = REQUEST_TIMEOUT,
    ) -> Answer:
        timeout = self.patience.stretch(within).total_seconds()
        return self._endpoints[name].request(method, path, fields, timeout=timeout)


def notice(key: str) -> str:
    """Return the path of a notice."""
    return f"/notices/{quote(key, safe='')}"
