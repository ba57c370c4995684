"""What the adapter makes of prepared answers; how it fares over a real etcd is in `test_cluster`."""

from __future__ import annotations

import json
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from harness.sandbox.waiting import Patience
from harness.stacks.photoncloud.service import Service
from harness.stacks.protocol import MaybeHappened, Member, Members, Revision, Unavailable
from harness.topology.loader import load
from harness.units import milliseconds
from tests.stacks.reference.node.canned import NOTHING, Canned, reply, serving

PHOTONCLOUD = load(Path(__file__).parents[3] / "scenarios/topologies/photoncloud.yaml")
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"
LISTED = {"members": [{"id": "node02", "raft_addr": "127.0.0.1:2380"}], "leader": "node02", "term": 3}


def service_of(server: Canned) -> Service:
    """Node02 is the server; nobody is where the others should be."""
    addresses = {"node01": "127.0.0.2", "node02": "127.0.0.1", "node04": "127.0.0.4"}
    machines = {name: (PHOTONCLOUD.machine(name), IPv4Address(address)) for name, address in addresses.items()}
    return Service("flaredb", machines, server.port, server.endpoint.trust)


def ok(fields: object) -> bytes:
    return reply(200, json.dumps(fields).encode())


def test_a_write_is_the_documented_request(tmp_path: Path) -> None:
    with serving(tmp_path, ok({"revision": 7, "term": 2})) as server:
        assert service_of(server).put("test-key", "hello-cluster") == Revision(7, 2)
    (request,) = server.requests
    assert request.startswith(b"PUT /api/v1/kv/test-key HTTP/1.1\r\n")
    assert b"\r\nContent-Type: application/json\r\n" in request
    assert request.endswith(b'\r\n\r\n{"value": "hello-cluster"}')


def test_a_read_is_the_documented_request(tmp_path: Path) -> None:
    with serving(tmp_path, ok({"value": "hello-cluster"}), reply(404, b"")) as server:
        service = service_of(server)
        assert service.get("test-key") == "hello-cluster"
        assert service.get("other", via="node02") is None
    assert server.requests[0].startswith(b"GET /api/v1/kv/test-key HTTP/1.1\r\n")


def test_members_come_with_the_leader_that_is_known(tmp_path: Path) -> None:
    with serving(tmp_path, ok(LISTED)) as server:
        members = service_of(server).members()
    assert members == Members((Member("node02", 0, ("127.0.0.1:2380",)),), "node02", 3, seen_by="node02")


def test_a_member_is_added_through_the_leader_as_documented(tmp_path: Path) -> None:
    with serving(tmp_path, ok(LISTED), reply(204, b""), ok(LISTED)) as server:
        assert service_of(server).add_member("node04", "10.0.200.13:2380").names == ("node02",)
    assert server.requests[1].startswith(b"POST /admin/member/add HTTP/1.1\r\n")
    assert server.requests[1].endswith(b'{"id": "node04", "raft_addr": "10.0.200.13:2380"}')


def test_a_member_that_is_refused_or_unknown_is_told(tmp_path: Path) -> None:
    with serving(tmp_path, reply(409, b'{"error": "node04 is a member"}')) as server:
        with pytest.raises(Unavailable, match=r"flaredb on node02 \(https://.*\): status 409: .*node04 is a member"):
            service_of(server).add_member("node04", "10.0.200.13:2380", via="node02")
        with pytest.raises(KeyError):
            service_of(server).add_member("node99", "10.0.200.99:2380", via="node02")


def test_a_member_that_was_added_is_not_denied_when_the_list_fails(tmp_path: Path) -> None:
    with (
        serving(tmp_path, reply(204, b""), reply(503, b"{}")) as server,
        pytest.raises(MaybeHappened, match=r"node04 was added, but the members can't be listed: .*status 503"),
    ):
        service_of(server).add_member("node04", "10.0.200.13:2380", via="node02")


def test_a_leader_that_is_no_machine_of_ours_is_none(tmp_path: Path) -> None:
    with serving(tmp_path, ok({**LISTED, "leader": "node99"})) as server, pytest.raises(Unavailable, match="no leader"):
        service_of(server).leader(via="node02")


@pytest.mark.parametrize(
    "answer", [NOTHING, HALF, reply(200, b"oops"), reply(500, b"{}"), reply(503, b"no quorum"), b"SSH-2.0-OpenSSH\r\n"]
)
def test_a_write_without_a_whole_answer_may_have_happened_and_is_not_tried_again(tmp_path: Path, answer: bytes) -> None:
    with serving(tmp_path, answer, ok({})) as server:
        with pytest.raises(MaybeHappened):
            service_of(server).put("key", "value")
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer", [NOTHING, HALF, reply(200, b"oops"), reply(500, b"{}"), reply(400, b"no"), reply(307, b"")]
)
def test_a_read_without_a_whole_answer_is_unavailable(tmp_path: Path, answer: bytes) -> None:
    with serving(tmp_path, answer) as server, pytest.raises(Unavailable):
        service_of(server).get("key", via="node02")


@pytest.mark.parametrize("status", [307, 400, 409, 413])
def test_a_write_that_was_refused_did_not_happen(tmp_path: Path, status: int) -> None:
    with serving(tmp_path, reply(status, b"no")) as server, pytest.raises(Unavailable, match=f"status {status}: no"):
        service_of(server).put("key", "value", via="node02")


def test_nobody_there_and_an_untrusted_certificate_are_writes_that_did_not_happen(tmp_path: Path) -> None:
    with serving(tmp_path, NOTHING, names=["elsewhere"]) as server:
        with pytest.raises(Unavailable, match=r"127\.0\.0\.2.*refused"):
            service_of(server).put("key", "value", via="node01")
        with pytest.raises(Unavailable, match="certificate is not valid for"):
            service_of(server).put("key", "value", via="node02")


def test_a_bound_is_stretched_by_patience(tmp_path: Path) -> None:
    with serving(tmp_path, None) as server:
        service = service_of(server)
        service.patience = Patience(100_000.0, "a test")
        with pytest.raises(MaybeHappened, match="timed out"):  # unstretched, no handshake would be over by then
            service.put("key", "value", via="node02", within=0.01 * milliseconds)


def test_health_is_looked_at_on_each_machine(tmp_path: Path) -> None:
    with serving(tmp_path, reply(200, b'{"status":"healthy"}')) as server:
        checks = service_of(server).checks()
        with pytest.raises(KeyError):
            service_of(server).checks(["node99"])
    assert [check.healthy for check in checks] == [False, True, False]
    assert checks[1].url == f"https://127.0.0.1:{server.port}/health"
    assert "refused" in checks[0].seen
