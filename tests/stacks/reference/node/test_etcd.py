from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from harness.stacks.reference.node.etcd import (
    Etcd,
    Event,
    Peer,
    Record,
    RefusedError,
    Status,
    UncertainError,
    Written,
    events,
)
from harness.stacks.reference.node.https import NoAnswerError
from tests.stacks.reference.node.canned import reply, serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.stacks.reference.node.canned import Canned

HEADER = {"cluster_id": "14841639068965178418", "member_id": "10276657743932975437", "revision": "7", "raft_term": "2"}
KEY = b64encode(b"key").decode()


def ok(**fields: object) -> bytes:
    return reply(200, json.dumps({"header": HEADER, **fields}).encode())


def failure(status: int, message: str, code: int) -> bytes:
    return reply(status, json.dumps({"error": message, "message": message, "code": code}).encode())


def sent(server: Canned) -> tuple[str, dict[str, str], dict[str, object]]:
    head, _, body = server.requests[-1].decode().partition("\r\n\r\n")
    request, *lines = head.split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return request, headers, json.loads(body)


def test_a_put_is_base64_and_asks_for_a_leader(tmp_path: Path) -> None:
    with serving(tmp_path, ok()) as server:
        assert Etcd(server.endpoint).put("key", "ü", lease=5) == Written(7, 2)
        request, headers, body = sent(server)
    assert request == "POST /v3/kv/put HTTP/1.1"
    assert headers["Grpc-Metadata-hasleader"] == "true"
    assert body == {"key": KEY, "value": "w7w=", "lease": "5"}


def test_a_read_is_linearizable_unless_it_may_be_stale(tmp_path: Path) -> None:
    found = ok(kvs=[{"key": KEY, "mod_revision": "5", "value": "w7w="}], count="1")
    with serving(tmp_path, found, found, ok()) as server:
        assert Etcd(server.endpoint).get("key") == Record("ü", 5)
        assert sent(server)[2]["serializable"] is False
        assert "Grpc-Metadata-hasleader" in sent(server)[1]
        assert Etcd(server.endpoint).get("key", stale=True) == Record("ü", 5)
        assert sent(server)[2]["serializable"] is True
        assert "Grpc-Metadata-hasleader" not in sent(server)[1]
        assert Etcd(server.endpoint).get("key") is None


def test_an_empty_value_is_left_out_by_the_gateway(tmp_path: Path) -> None:
    with serving(tmp_path, ok(kvs=[{"key": KEY, "mod_revision": "5"}])) as server:
        assert Etcd(server.endpoint).get("key") == Record("", 5)


@pytest.mark.parametrize(
    "expected, compare",
    [
        (None, {"key": KEY, "target": "VERSION", "result": "EQUAL", "version": "0"}),
        ("a", {"key": KEY, "target": "VALUE", "result": "EQUAL", "value": "YQ=="}),
    ],
)
def test_a_swap_compares(tmp_path: Path, expected: str | None, compare: dict[str, str]) -> None:
    with serving(tmp_path, ok(succeeded=True), ok()) as server:
        assert Etcd(server.endpoint).swap("key", expected, "b") == Written(7, 2)
        assert sent(server)[2]["compare"] == [compare]
        assert Etcd(server.endpoint).swap("key", expected, "b") is None


def test_members_may_be_nameless_and_ids_use_all_64_bits(tmp_path: Path) -> None:
    members = [{"ID": "18446744073709551615", "peerURLs": ["http://n:1"]}, {"ID": "1", "name": "m"}]
    with serving(tmp_path, ok(members=members)) as server:
        assert Etcd(server.endpoint).members() == (Peer((1 << 64) - 1, "", ("http://n:1",)), Peer(1, "m", ()))


def test_a_member_without_a_leader_leaves_it_out(tmp_path: Path) -> None:
    with serving(tmp_path, ok(raftTerm="3", raftAppliedIndex="9")) as server:
        assert Etcd(server.endpoint).status() == Status(10276657743932975437, 0, 3)


@pytest.mark.parametrize(
    "status, message, code",
    [
        (503, "etcdserver: no leader", 14),
        (400, "invalid character 'b'", 3),
        (404, "etcdserver: requested lease not found", 5),
        (429, "etcdserver: mvcc: database space exceeded", 8),
        (412, "etcdserver: Peer URLs already exists", 9),
        (500, "etcdserver: re-configuration failed due to not enough started members", 2),
    ],
)
def test_a_refusal_changed_nothing(tmp_path: Path, status: int, message: str, code: int) -> None:
    with serving(tmp_path, failure(status, message, code)) as server, pytest.raises(RefusedError) as refused:
        Etcd(server.endpoint).put("key", "value")
    assert message in str(refused.value)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "status, message, code",
    [
        (503, "etcdserver: request timed out", 14),
        (503, "etcdserver: request timed out, possibly due to previous leader failure", 14),
        (503, "etcdserver: leader changed", 14),
        (503, "etcdserver: server stopped", 14),
        (504, "context deadline exceeded", 4),
        (500, "whatever comes next", 2),
    ],
)
def test_any_other_failure_may_have_happened(tmp_path: Path, status: int, message: str, code: int) -> None:
    with serving(tmp_path, failure(status, message, code)) as server, pytest.raises(UncertainError, match=message):
        Etcd(server.endpoint).put("key", "value")


def test_an_answer_that_is_no_json_may_have_happened(tmp_path: Path) -> None:
    with serving(tmp_path, reply(502, b"<html>")) as server, pytest.raises(NoAnswerError, match="502: <html>"):
        Etcd(server.endpoint).put("key", "value")


def test_a_lease_and_a_deletion(tmp_path: Path) -> None:
    with serving(tmp_path, ok(ID="77", TTL="2"), ok(deleted="1"), ok()) as server:
        etcd = Etcd(server.endpoint)
        assert etcd.grant(2) == 77
        assert etcd.delete("key") is True
        assert etcd.delete("key") is False


def test_a_watch_asks_for_the_keys_of_a_prefix_from_a_revision_on(tmp_path: Path) -> None:
    with serving(tmp_path, ok(), ok()) as server:
        list(Etcd(server.endpoint).watch("key", since=5))
        assert sent(server)[2]["create_request"] == {"key": KEY, "range_end": "a2V6", "start_revision": "5"}
        list(Etcd(server.endpoint).watch(""))
        assert sent(server)[2]["create_request"] == {"key": "AA==", "range_end": "AA==", "start_revision": "0"}


def test_a_watch_tells_of_puts_and_deletions() -> None:
    put = {"kv": {"key": KEY, "value": "w7w=", "mod_revision": "5", "version": "2"}}
    deleted = {"type": "DELETE", "kv": {"key": KEY, "mod_revision": "6"}}
    told = list(events({"result": {"header": HEADER, "events": [put, deleted]}}))
    assert told == [Event("key", "ü", 5, 2), Event("key", None, 6, 0)]
    assert list(events({"result": {"header": HEADER, "created": True}})) == []


@pytest.mark.parametrize(
    "message",
    [
        {"error": {"message": "mvcc: required revision has been compacted", "grpc_code": 11}},
        {"result": {"canceled": True, "cancel_reason": "mvcc: required revision has been compacted"}},
    ],
)
def test_a_watch_that_is_cancelled_says_why(message: dict[str, object]) -> None:
    with pytest.raises(RefusedError, match="compacted"):
        list(events(message))


def test_a_lease_is_granted_kept_alive_and_revoked(tmp_path: Path) -> None:
    with serving(
        tmp_path, ok(ID="9", TTL="4"), ok(result={"ID": "9", "TTL": "4"}), ok(result={"ID": "9"}), ok()
    ) as server:
        etcd = Etcd(server.endpoint)
        assert etcd.grant_for(2) == (9, 4)
        assert etcd.keep_alive(9) == 4
        assert etcd.keep_alive(9) == 0
        etcd.revoke(9)
        assert sent(server)[2] == {"ID": "9"}
