"""Changes of a cluster's membership, as etcd writes them into its log (raftpb.ConfChange and ConfChangeV2).

What a member is called and where its peers find it stands in the context, as JSON
(server/etcdserver/api/membership/cluster.go, ``ConfigChangeContext``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture.protocols.malformed import Malformed
from harness.capture.protocols.protobuf import fields, integer, octets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.capture.protocols.raftpb import Entry

CHANGE, CHANGE_V2 = 1, 2
TYPES = ("ConfChangeAddNode", "ConfChangeRemoveNode", "ConfChangeUpdateNode", "ConfChangeAddLearnerNode")


@dataclass(frozen=True, slots=True)
class Change:
    """One change: its type under raftpb's name, the member's identifier, and what the context says of it."""

    type: str
    member: int
    name: str = ""
    peer_urls: tuple[str, ...] = ()
    promotes: bool = False


def changes(entry: Entry) -> tuple[Change, ...]:
    """Return what an entry changes: nothing for a command, several where a change is joint. Raises `Malformed`."""
    if entry.type == CHANGE:
        found = dict(fields(entry.data))
        return (_change(integer(found.get(2, 0)), integer(found.get(3, 0)), octets(found.get(4, b""))),)
    if entry.type == CHANGE_V2:
        singles = [dict(fields(octets(value))) for number, value in fields(entry.data) if number == 2]  # noqa: PLR2004 - the field's number
        context = octets(dict(fields(entry.data)).get(3, b""))
        return tuple(_change(integer(one.get(1, 0)), integer(one.get(2, 0)), context) for one in singles)
    return ()


def _change(kind: int, member: int, context: bytes) -> Change:
    if kind >= len(TYPES):
        raise Malformed(f"a change of the membership of type {kind}, which is not known")
    said = _context(context)
    if said.get("id", member) != member:
        return Change(TYPES[kind], member)
    name, urls = said.get("name"), said.get("peerURLs")
    return Change(
        TYPES[kind],
        member,
        name if isinstance(name, str) else "",
        tuple(url for url in urls if isinstance(url, str)) if isinstance(urls, list) else (),
        said.get("isPromote") is True,
    )


def _context(data: bytes) -> Mapping[str, object]:
    """Return what a context says, nothing where it is not etcd's: other users of Raft put there what they like."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
