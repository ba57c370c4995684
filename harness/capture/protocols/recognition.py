"""Which protocol a connection speaks, told by the octets that a segment starts with, whatever the port."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from harness.capture.protocols import tls
from harness.capture.protocols.http_head import REQUEST_LINE, STATUS_LINE
from harness.capture.protocols.rafthttp import PIPELINE_PATH, PROBING_PATH, SNAPSHOT_PATH, STREAM_PATH

HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
CLUSTER_FIELD = b"\r\nX-Etcd-Cluster-Id: "
"""What the answers of etcd's peers have in their heads, as Go writes a field's name."""

STARTS = frozenset(
    {b"GET", b"HEA", b"POS", b"PUT", b"DEL", b"OPT", b"PAT", b"CON", b"PRI", b"HTT"}
    | {b"\x16\x03" + bytes((minor,)) for minor in range(5)}
)
"""The first three octets of all that is recognised: what does not start so needs no closer look."""


class Kind(Enum):
    """What a connection speaks."""

    HTTP = "http"
    RAFT = "raft"
    HTTP2 = "http2"
    TLS = "tls"


class Recognised(NamedTuple):
    """What a connection speaks, and whether it is its client that said so."""

    kind: Kind
    by_client: bool


def recognise(data: bytes) -> Recognised | None:
    """Return what octets that start a message belong to; None where they could be anything."""
    if data[:3] not in STARTS:
        return None
    request = REQUEST_LINE.match(data)
    if request:
        return Recognised(Kind.RAFT if _of_peers(request[2]) else Kind.HTTP, by_client=True)
    if STATUS_LINE.match(data):
        return Recognised(Kind.RAFT if CLUSTER_FIELD in data else Kind.HTTP, by_client=False)
    if data.startswith(HTTP2_PREFACE):
        return Recognised(Kind.HTTP2, by_client=True)
    hello = tls.hello_type(data)
    return Recognised(Kind.TLS, by_client=hello == tls.CLIENT_HELLO) if hello else None


def _of_peers(target: bytes) -> bool:
    """Whether only etcd's members ask for that."""
    path = target.decode("latin-1")
    return path.startswith(STREAM_PATH) or path in {PIPELINE_PATH, SNAPSHOT_PATH, PROBING_PATH}
