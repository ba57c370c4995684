"""One etcd member, asked through its JSON gateway (etcd 3.4: ``/v3/…``, POST, grpc-gateway).

In the gateway's JSON, keys and values are base64, 64-bit integers are decimal strings, and whatever is zero, false or
empty is left out.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .https import OK, NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .https import Answer, Endpoint, Stream

LEADER_REQUIRED = {"Grpc-Metadata-hasleader": "true"}
"""What etcd's own clients call `WithRequireLeader`: a member that knows no leader refuses at once, before it proposes
anything (etcd 3.4, etcdserver/api/v3rpc/interceptor.go). Without it such a request hangs, and its end says nothing."""

# gRPC status codes (grpc/doc/statuscodes.md).
INVALID, NOT_FOUND, EXHAUSTED, PRECONDITION, UNIMPLEMENTED = 3, 5, 8, 9, 12
BEFORE_PROPOSING = {INVALID, NOT_FOUND, EXHAUSTED, PRECONDITION, UNIMPLEMENTED}
"""The codes with which etcd refuses a request that changed nothing."""
UNCHANGED = {
    "etcdserver: no leader",
    "etcdserver: unhealthy cluster",
    "etcdserver: re-configuration failed due to not enough started members",
}
"""Messages that say so under a code that others share. A request timeout or a stopping server does not."""


class RefusedError(Exception):
    """The member answered that it will not; nothing changed."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class UncertainError(NoAnswerError):
    """The member answered, but can't say whether the request will be carried out yet."""


@dataclass(frozen=True)
class Record:
    """A key's value, and the revision of the store that wrote it."""

    value: str
    revision: int


@dataclass(frozen=True)
class Written:
    """The revision of the store after a write, and the Raft term in which the answer was given."""

    revision: int
    term: int


@dataclass(frozen=True)
class Event:
    """A change that a watch tells of; `value` is None for a deletion, `version` 0."""

    key: str
    value: str | None
    revision: int
    version: int


@dataclass(frozen=True)
class Peer:
    """A member as the cluster lists it; one that was added but has not started yet has no name."""

    id: int
    name: str
    peer_urls: tuple[str, ...]


@dataclass(frozen=True)
class Status:
    """What a member thinks: its own id, the leader's (0: it knows none), and the Raft term."""

    member: int
    leader: int
    term: int


@dataclass(frozen=True)
class Etcd:
    """A member at an endpoint. Every call takes seconds.

    Every call raises `NotSentError` or `NoAnswerError` as `Endpoint.request` does, or `RefusedError`.
    """

    endpoint: Endpoint
    timeout: float = 10.0
    connect_timeout: float | None = None

    def health(self) -> Answer:
        """Ask ``/health``: status 200 means that a quorum answered a read through this member just now."""
        return self.endpoint.request("GET", "/health", timeout=self.timeout, connect_timeout=self.connect_timeout)

    def status(self) -> Status:
        """Ask what this member knows, which may be old."""
        fields = self._call("maintenance/status", {})
        member = _int(fields.get("header", {}), "member_id")
        return Status(member, _int(fields, "leader"), _int(fields, "raftTerm"))

    def members(self) -> tuple[Peer, ...]:
        """List the cluster's members as this member knows them."""
        return _peers(self._call("cluster/member/list", {}))

    def add_member(self, peer_url: str) -> tuple[Peer, ...]:
        """Add a member that has not started yet, and list all members with it."""
        return _peers(self._call("cluster/member/add", {"peerURLs": [peer_url]}, LEADER_REQUIRED))

    def remove_member(self, identity: int) -> None:
        """Remove a member, running or not."""
        self._call("cluster/member/remove", {"ID": str(identity)}, LEADER_REQUIRED)

    def move_leader(self, identity: int) -> None:
        """Have another member lead; it is the leader that has to be asked."""
        self._call("maintenance/transfer-leadership", {"targetID": str(identity)})

    def put(self, key: str, value: str, *, lease: int = 0) -> Written:
        """Write a value, bound to a lease where one is given."""
        return _written(self._call("kv/put", _put(key, value, lease), LEADER_REQUIRED))

    def get(self, key: str, *, stale: bool = False) -> Record | None:
        """Read a key: linearizable, or with `stale` from this member's own state, which may lag behind."""
        request = {"key": _encode(key), "serializable": stale}
        records = self._call("kv/range", request, None if stale else LEADER_REQUIRED).get("kvs", [])
        return _record(records[0]) if records else None

    def swap(self, key: str, expected: str | None, value: str) -> Written | None:
        """Write a value if the key holds what is expected (None: it doesn't exist); return None where it doesn't."""
        request = {"compare": [_compare(key, expected)], "success": [{"request_put": _put(key, value)}]}
        fields = self._call("kv/txn", request, LEADER_REQUIRED)
        return _written(fields) if fields.get("succeeded") else None

    def delete(self, key: str) -> bool:
        """Delete a key and say whether it existed."""
        return _int(self._call("kv/deleterange", {"key": _encode(key)}, LEADER_REQUIRED), "deleted") > 0

    def grant(self, seconds: int) -> int:
        """Open a lease of some seconds, and return its id; what is bound to it is deleted with it."""
        return self.grant_for(seconds)[0]

    def grant_for(self, seconds: int) -> tuple[int, int]:
        """Open a lease, and return its id and after how many seconds it ends: etcd may have made that longer."""
        granted = self._call("lease/grant", {"TTL": str(seconds)}, LEADER_REQUIRED)
        return _int(granted, "ID"), _int(granted, "TTL")

    def keep_alive(self, lease: int) -> int:
        """Refresh a lease and return for how many seconds it is good then, 0 where there is none of that id."""
        answer = self._call("lease/keepalive", {"ID": str(lease)}, LEADER_REQUIRED)
        return _int(answer.get("result", {}), "TTL")

    def revoke(self, lease: int) -> None:
        """End a lease, and delete what is bound to it."""
        self._call("lease/revoke", {"ID": str(lease)}, LEADER_REQUIRED)

    def watch(self, prefix: str, *, since: int = 0) -> Stream:
        """Begin to watch the keys with a prefix, from a revision on, or from now; its messages are `events`' input.

        It is in force when the first message, of no events, has come.
        """
        range_end = _encode(_successor(prefix)) if prefix else _encode("\0")
        wanted = {"key": _encode(prefix or "\0"), "range_end": range_end, "start_revision": str(since)}
        return self.endpoint.stream(
            "POST", "/v3/watch", {"create_request": wanted}, connect_timeout=self.connect_timeout or self.timeout
        )

    def _call(self, path: str, body: dict[str, object], headers: dict[str, str] | None = None) -> dict[str, Any]:
        answer = self.endpoint.request(
            "POST", f"/v3/{path}", body, headers, timeout=self.timeout, connect_timeout=self.connect_timeout
        )
        try:
            fields = answer.fields()
        except ValueError as error:
            raise UncertainError(f"{self.endpoint}: status {answer.status}: {answer.text()}") from error
        if answer.status != OK:
            raise self._failure(fields)
        return fields

    def _failure(self, fields: dict[str, Any]) -> RefusedError | UncertainError:
        code, message = _int(fields, "code"), str(fields.get("message", fields))
        if code in BEFORE_PROPOSING or message in UNCHANGED:
            return RefusedError(f"{self.endpoint}: {message}", code)
        return UncertainError(f"{self.endpoint}: {message}")


def events(message: dict[str, Any]) -> Iterator[Event]:
    """Yield what a message of a watch tells of. Raises `RefusedError` where it says that the watch is over."""
    if "error" in message:
        raise RefusedError(str(message["error"].get("message", message["error"])), _int(message["error"], "grpc_code"))
    result = message.get("result", {})
    if result.get("canceled"):
        raise RefusedError(str(result.get("cancel_reason") or "the watch was cancelled"), 0)
    for event in result.get("events", ()):
        record = event.get("kv", {})
        deleted = event.get("type") == "DELETE"
        key = b64decode(record.get("key", "")).decode(errors="surrogateescape")
        value = None if deleted else b64decode(record.get("value", "")).decode(errors="surrogateescape")
        yield Event(key, value, _int(record, "mod_revision"), _int(record, "version"))


def _successor(prefix: str) -> str:
    """Return the first key behind all keys with a prefix: etcd's `range_end` (etcd 3.4, api/v3 rpc.proto)."""
    raw = prefix.encode(errors="surrogateescape").rstrip(b"\xff")
    return (raw[:-1] + bytes([raw[-1] + 1])).decode(errors="surrogateescape") if raw else "\0"


def _put(key: str, value: str, lease: int = 0) -> dict[str, object]:
    return {"key": _encode(key), "value": _encode(value), "lease": str(lease)}


def _compare(key: str, expected: str | None) -> dict[str, object]:
    if expected is None:
        return {"key": _encode(key), "target": "VERSION", "result": "EQUAL", "version": "0"}
    return {"key": _encode(key), "target": "VALUE", "result": "EQUAL", "value": _encode(expected)}


def _written(fields: dict[str, Any]) -> Written:
    header = fields.get("header", {})
    return Written(_int(header, "revision"), _int(header, "raft_term"))


def _record(fields: dict[str, Any]) -> Record:
    return Record(b64decode(fields.get("value", "")).decode(errors="surrogateescape"), _int(fields, "mod_revision"))


def _peers(fields: dict[str, Any]) -> tuple[Peer, ...]:
    return tuple(
        Peer(_int(member, "ID"), member.get("name", ""), tuple(member.get("peerURLs", ())))
        for member in fields.get("members", ())
    )


def _encode(text: str) -> str:
    return b64encode(text.encode(errors="surrogateescape")).decode()


def _int(fields: dict[str, Any], name: str) -> int:
    return int(fields.get(name, 0))
