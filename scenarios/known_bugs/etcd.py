"""Debian's etcd on three machines, as its package brings it: no file of it is changed, and nothing is switched on."""

from __future__ import annotations

import base64
import json
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING

from harness.machines.services import Service, Services
from harness.sandbox.waiting import wait_until
from harness.units import seconds
from known_bugs.record import program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import timedelta

    from harness.namespace_lab import NamespaceLab

CLIENTS, PEERS = 2379, 2380
FORMED_WITHIN = 20 * seconds
ANSWER_WITHIN = 5 * seconds


@dataclass(frozen=True)
class Status:
    """How a member sees itself and its cluster; a member of identifier 0 is none."""

    member: int
    leader: int
    term: int


class Member:
    """One member, asked over etcd's JSON gateway (gRPC's messages as JSON; bytes are base64)."""

    def __init__(self, name: str, address: str) -> None:
        self.name, self.address = name, address

    def connect(self, within: timedelta = ANSWER_WITHIN) -> HTTPConnection:
        """Return a connection, which is opened with its first request; its answers are waited for so long."""
        return HTTPConnection(self.address, CLIENTS, timeout=within.total_seconds())

    def ask(
        self, path: str, fields: Mapping[str, object], connection: HTTPConnection | None = None
    ) -> dict[str, object]:
        """Ask something, over a connection of its own where none is given. Raises `OSError`, `HTTPException`."""
        if connection is None:
            with closing(self.connect()) as own:
                return self.ask(path, fields, own)
        connection.request("POST", f"/v3/{path}", json.dumps(fields))
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != HTTPStatus.OK:
            raise HTTPException(f"{self.name} answers {answer.status}: {body.decode(errors='replace')}")
        told: dict[str, object] = json.loads(body)
        return told

    def status(self) -> Status:
        """Return what it says of the cluster. Raises as `ask`."""
        told = self.ask("maintenance/status", {})
        header = told["header"]
        assert isinstance(header, dict)
        return Status(int(header["member_id"]), int(str(told.get("leader", 0))), int(str(told.get("raftTerm", 0))))

    def put(self, key: str, value: str, connection: HTTPConnection | None = None) -> int:
        """Write a key, and return the revision. Raises as `ask`."""
        header = self.ask("kv/put", {"key": encoded(key), "value": encoded(value)}, connection)["header"]
        assert isinstance(header, dict)
        return int(header["revision"])


class Etcd:
    """The members, by name."""

    def __init__(self, lab: NamespaceLab) -> None:
        self.members = {one.name: Member(one.name, str(one.nics[0].address)) for one in lab.topology.machines}

    def agreed(self) -> Status | None:
        """Return the leader and the term that all members know, None where they don't know the same."""
        try:
            views = {Status(0, view.leader, view.term) for view in map(Member.status, self.members.values())}
        except (OSError, HTTPException):
            return None
        return views.pop() if len(views) == 1 and all(view.leader for view in views) else None

    def name_of(self, member: int) -> str:
        """Return the machine of a member's identifier. Raises `StopIteration` where it is none's."""
        return next(name for name, one in self.members.items() if one.status().member == member)


@contextmanager
def running(lab: NamespaceLab, what: str, flags: Sequence[str] = ()) -> Iterator[Etcd]:
    """Run a fresh cluster while a block lasts; `what` names its logs. All machines are off before and after it."""
    etcd = program("etcd", "etcd-server")
    for machine in lab.topology.machines:
        root = lab.workbench.folder_for(machine.name)
        command = (etcd, *_flags(lab, machine.name, str(lab.workbench.memory / root.name)), *flags)
        services = Services([Service("etcd", command)], lab.evidence / what / machine.name)
        lab.machines[machine.name].install(services)
    lab.switch_on()
    try:
        cluster = Etcd(lab)
        wait_until("a leader that all know", cluster.agreed, within=FORMED_WITHIN)
        yield cluster
    finally:
        lab.switch_off()


def _flags(lab: NamespaceLab, name: str, folder: str) -> Iterator[str]:
    url = {one.name: f"http://{one.nics[0].address}" for one in lab.topology.machines}
    yield f"--name={name}"
    yield f"--data-dir={folder}"
    for word, port in (("client", CLIENTS), ("peer", PEERS)):
        yield f"--listen-{word}-urls={url[name]}:{port}"
    yield f"--advertise-client-urls={url[name]}:{CLIENTS}"
    yield f"--initial-advertise-peer-urls={url[name]}:{PEERS}"
    yield f"--initial-cluster={','.join(f'{one}={address}:{PEERS}' for one, address in url.items())}"
    yield "--logger=zap"


def encoded(text: str) -> str:
    """Return text as the gateway takes it."""
    return base64.b64encode(text.encode()).decode()


def decoded(text: str) -> str:
    """Return text as it was before."""
    return base64.b64decode(text).decode()
