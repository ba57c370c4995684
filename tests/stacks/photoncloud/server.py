"""The documents' interface over a real etcd: ``python -m tests.stacks.photoncloud.server NODE SECRETS``.

It speaks the messages of `harness.stacks.photoncloud.messages` on the documents' ports, and has no state of its own:
two etcd members on loopback are Chainfire's and FlareDB's. The ids of members are in etcd, too, since etcd learns a
member's name only when it starts.
"""

from __future__ import annotations

import json
import ssl
import sys
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

from harness.stacks.reference.node.etcd import Etcd, RefusedError
from harness.stacks.reference.node.https import OK, Endpoint, NoAnswerError, NotSentError, trusting
from harness.stacks.reference.node.iam_server import Server

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.stacks.reference.node.etcd import Peer
    from harness.stacks.reference.node.iam_service import Service

from harness.stacks.reference.node.iam_service import Reply, Request

RAFT_SERVICES = (2379, 2479)
BEHIND = 10_000
"""How far above the documents' port etcd's own is."""
UNAVAILABLE = 14
"""The gRPC status of a member that knows no leader."""
KEYS = "/api/v1/kv/"
IDS = "\0ids/"
"""Where ids of members are kept; no key of a client begins with a zero byte."""


@dataclass(frozen=True)
class Documented:
    """One service's interface. `paths` are what it has of it: IAM, for one, only its health."""

    etcd: Etcd
    paths: tuple[str, ...]

    def answer(self, request: Request) -> Reply:
        act = self._act(request.method, request.path)
        if act is None or not request.path.startswith(self.paths):
            return Reply(HTTPStatus.NOT_FOUND, {"error": f"no {request.method} {request.path}"})
        try:
            return act(json.loads(request.body or b"{}"))
        except (NotSentError, NoAnswerError) as error:
            return Reply(HTTPStatus.SERVICE_UNAVAILABLE, {"error": str(error)})
        except RefusedError as error:
            status = HTTPStatus.SERVICE_UNAVAILABLE if error.code == UNAVAILABLE else HTTPStatus.CONFLICT
            return Reply(status, {"error": str(error)})

    def _act(self, method: str, path: str) -> Callable[[dict[str, str]], Reply] | None:
        match method, path:
            case "GET", "/health":
                return lambda _: self._health()
            case "GET", "/admin/cluster/members":
                return lambda _: self._members()
            case "POST", "/admin/member/add":
                return lambda fields: self._add(fields["id"], fields["raft_addr"])
            case "GET", _ if path.startswith(KEYS):
                return lambda _: self._get(unquote(path.removeprefix(KEYS)))
            case "PUT", _ if path.startswith(KEYS):
                return lambda fields: self._put(unquote(path.removeprefix(KEYS)), fields["value"])
        return None

    def _health(self) -> Reply:
        if self.etcd.health().status == OK:
            return Reply(HTTPStatus.OK, {"status": "healthy"})
        return Reply(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "unhealthy"})

    def _members(self) -> Reply:
        status = self.etcd.status()
        listed = {peer.id: self._listed(peer) for peer in self.etcd.members()}
        leader = listed.get(status.leader, {"id": None})["id"]
        return Reply(HTTPStatus.OK, {"members": list(listed.values()), "leader": leader, "term": status.term})

    def _add(self, name: str, raft_addr: str) -> Reply:
        if name in [self._listed(peer)["id"] for peer in self.etcd.members()]:
            return Reply(HTTPStatus.CONFLICT, {"error": f"{name} is a member"})
        self.etcd.add_member(f"http://{raft_addr}")
        self.etcd.put(IDS + raft_addr, name)
        return Reply(HTTPStatus.OK, {})

    def _listed(self, peer: Peer) -> dict[str, str]:
        raft_addr = peer.peer_urls[0].removeprefix("http://")
        known = None if peer.name else self.etcd.get(IDS + raft_addr, stale=True)
        return {"id": known.value if known else peer.name, "raft_addr": raft_addr}

    def _get(self, key: str) -> Reply:
        record = self.etcd.get(key)
        return Reply(HTTPStatus.OK, {"value": record.value}) if record else Reply(HTTPStatus.NOT_FOUND, {})

    def _put(self, key: str, value: str) -> Reply:
        written = self.etcd.put(key, value)
        return Reply(HTTPStatus.OK, {"revision": written.revision, "term": written.term})


def services(trust: ssl.SSLContext) -> dict[int, Documented]:
    """Return what is served, by its port."""
    chainfire, flaredb = (Etcd(Endpoint("127.0.0.1", port + BEHIND, trust), timeout=8) for port in RAFT_SERVICES)
    return {
        2379: Documented(chainfire, ("/health", "/admin/")),
        2479: Documented(flaredb, ("/health", "/admin/", KEYS)),
        8080: Documented(flaredb, ("/health",)),
    }


def main(node: str, secrets: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(secrets / f"{node}.crt", secrets / f"{node}.key")
    servers = [
        Server(("", port), context, cast("Service", documented))  # it asks its service for an answer, and nothing else
        for port, documented in services(trusting(secrets / "ca.crt")).items()
    ]
    threads = [Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
