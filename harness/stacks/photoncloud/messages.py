"""The documents' messages as values, and what is assumed where the documents are silent: here, and nowhere else.

Documented: the ports and paths; ``POST /admin/member/add`` takes ``{"id": "node04", "raft_addr": "10.0.200.13:2380"}``;
``PUT /api/v1/kv/KEY`` takes ``{"value": "…"}``; ``/health`` answers 200 with status ``healthy``; the list of members
shows how many there are and who leads.

Assumed, since the documents show no answers:

1. ``GET /admin/cluster/members`` gives ``{"members": [{"id": …, "raft_addr": …}], "leader": ID or null, "term": N}``.
   Without ``term`` it is 0, and then views of several machines can't be told old from new.
2. Any 2xx carries a change out; its body is empty or a JSON object. Where that has ``revision`` and ``term``, they are
   the write's; else both are 0.
3. ``GET /api/v1/kv/KEY`` gives ``{"value": "…"}``, and 404 for a key that doesn't exist. It is linearizable.
4. 3xx and 4xx say that nothing was done; redirections are not followed. After any other status nobody knows.
5. A key is one segment of the path: whatever is reserved in it, ``/`` too, is percent-encoded (RFC 3986, section 2.1).
6. FlareDB takes ``/admin/member/add`` as Chainfire does ("similar join process").

The documents also write ``/v1/kv/test`` once, without ``/api``; the path that their commands use is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from harness.stacks.reference.node.etcd import RefusedError, UncertainError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.stacks.reference.node.https import Answer

MEMBERS = "/admin/cluster/members"
ADD_MEMBER = "/admin/member/add"
HEALTH = "/health"
KEYS = "/api/v1/kv"

OK, REDIRECTION, SERVER_ERROR = 200, 300, 500
"""Where the classes of HTTP status codes begin (RFC 9110, section 15)."""
NOT_FOUND = 404


@dataclass(frozen=True)
class Listed:
    """A member as the cluster lists it."""

    id: str
    raft_addr: str


@dataclass(frozen=True)
class Listing:
    """The members, the leader's id where one is known, and the Raft term."""

    members: tuple[Listed, ...]
    leader: str | None
    term: int


@dataclass(frozen=True)
class Written:
    """The store's revision after a write, and the Raft term of the answer; both 0 where the answer does not say."""

    revision: int
    term: int


def key_path(key: str) -> str:
    """Return the path of a key."""
    return f"{KEYS}/{quote(key, safe='')}"


def membership(name: str, raft_addr: str) -> dict[str, object]:
    """Return what is posted to add a member."""
    return {"id": name, "raft_addr": raft_addr}


def read_listing(where: str, answer: Answer) -> Listing:
    """Read the list of members. Raises as `read_fields`."""
    fields = read_fields(where, answer)
    try:
        members = tuple(Listed(_text(one, "id"), _text(one, "raft_addr")) for one in fields["members"])
        leader = _text(fields, "leader") if fields.get("leader") else None
        return Listing(members, leader, _number(fields, "term"))
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(where, answer, "a list of members with id and raft_addr") from error


def read_value(where: str, answer: Answer) -> str | None:
    """Read a key's value; None where there is no such key. Raises as `read_fields`."""
    if answer.status == NOT_FOUND:
        return None
    try:
        return _text(read_fields(where, answer), "value")
    except (KeyError, TypeError) as error:
        raise _unreadable(where, answer, "an object with a text as value") from error


def read_written(where: str, answer: Answer) -> Written:
    """Read what a change was answered with. Raises as `read_fields`."""
    silent = OK <= answer.status < REDIRECTION and not answer.body
    fields = {} if silent else read_fields(where, answer)
    try:
        return Written(_number(fields, "revision"), _number(fields, "term"))
    except TypeError as error:
        raise _unreadable(where, answer, "whole numbers as revision and term") from error


def is_healthy(answer: Answer) -> bool:
    """Say whether an answer of ``/health`` is a healthy one: 200, and no other status than ``healthy`` in its body."""
    try:
        status = answer.fields().get("status", "healthy")
    except ValueError:
        status = "healthy"
    return answer.status == OK and status == "healthy"


def read_fields(where: str, answer: Answer) -> dict[str, Any]:
    """Return the body of a good answer.

    Raises `RefusedError` where the answer says that nothing was done, and `UncertainError` where it does not say.
    """
    said = f"{where}: status {answer.status}: {answer.text()}"
    if REDIRECTION <= answer.status < SERVER_ERROR:
        raise RefusedError(said, answer.status)
    if not OK <= answer.status < REDIRECTION:
        raise UncertainError(said)
    try:
        return answer.fields()
    except (ValueError, RecursionError) as error:
        raise _unreadable(where, answer, "a JSON object") from error


def _unreadable(where: str, answer: Answer, expected: str) -> UncertainError:
    return UncertainError(f"{where}: expected {expected}, found status {answer.status}: {answer.text()}")


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields[name]
    if not isinstance(value, str):
        msg = f"{name} is no text: {value!r}"
        raise TypeError(msg)
    return value


def _number(fields: Mapping[str, object], name: str) -> int:
    value = fields.get(name, 0)
    if type(value) is not int:
        msg = f"{name} is no whole number: {value!r}"
        raise TypeError(msg)
    return value
