from __future__ import annotations

import pytest

from harness.capture.conversations import gossip
from harness.capture.conversations.datagram import Datagram
from harness.capture.events import (
    Coordinate,
    Event,
    GossipAck,
    GossipAlive,
    GossipDead,
    GossipEncrypted,
    GossipError,
    GossipIndirectPing,
    GossipNack,
    GossipPing,
    GossipSuspect,
    GossipUser,
    Origin,
    SerfJoin,
)
from tests.capture import encode

COORDINATE = {"Vec": [0.5, 0.0], "Error": 1.5, "Adjustment": 0, "Height": 1e-05}
ORIGIN = Origin(5, "segment", 1, "52:54:00:00:01:01", "52:54:00:00:01:02")


def told(payload: bytes) -> list[Event]:
    return list(gossip.follow(Datagram((b"\x0a\0\0\1", 1), (b"\x0a\0\0\2", 2381), payload, len(payload), ORIGIN)))


@pytest.mark.parametrize(
    "payload, event",
    [
        (encode.gossip(0, {"SeqNo": 1, "Node": b"b"}), GossipPing(*ORIGIN, 2381, "b", 1)),
        (encode.gossip(1, {"SeqNo": 2, "Node": b"b"}), GossipIndirectPing(*ORIGIN, 2381, "b", 2)),
        (encode.gossip(2, {"SeqNo": 3, "Payload": b""}), GossipAck(*ORIGIN, 2381, 3)),
        (
            encode.gossip(2, {"SeqNo": 3, "Payload": b"\1" + encode.pack(COORDINATE)}),
            GossipAck(*ORIGIN, 2381, 3, Coordinate((0.5, 0.0), 1.5, 0.0, 1e-05)),
        ),
        (encode.gossip(2, {"SeqNo": 3, "Payload": b"\1\xc1"}), GossipAck(*ORIGIN, 2381, 3)),
        (encode.gossip(2, {"SeqNo": 3, "Payload": b"\2\x80"}), GossipAck(*ORIGIN, 2381, 3)),
        (encode.gossip(11, {"SeqNo": 4}), GossipNack(*ORIGIN, 2381, 4)),
        (encode.gossip(13, {"Error": b"no"}), GossipError(*ORIGIN, 2381, "no")),
        (b"\x01" + b"\xc1" * 40, GossipEncrypted(*ORIGIN, 2381, 41, 1)),
        (b"\x08not serf", GossipUser(*ORIGIN, 2381, 8)),
        (b"\x08", GossipUser(*ORIGIN, 2381, 0)),
        (
            encode.gossip(3, {"Incarnation": 5, "Node": b"b", "From": b"a"}),
            GossipSuspect(*ORIGIN, 2381, "b", 5, "a"),
        ),
        (
            encode.gossip(
                4,
                {
                    "Incarnation": 6,
                    "Node": b"b",
                    "Addr": b"\x0a\0\0\2",
                    "Port": 2381,
                    "Meta": b"\xff" + encode.pack({"role": b"db"}),
                    "Vsn": b"\x01\x05\x02\x02\x05\x04",
                },
            ),
            GossipAlive(*ORIGIN, 2381, "b", 6, "10.0.0.2", 2381, (("role", "db"),)),
        ),
        (
            encode.gossip(4, {"Node": b"b", "Addr": bytes(15) + b"\1"}),
            GossipAlive(*ORIGIN, 2381, "b", 0, "::1", 0, ()),
        ),
        (encode.gossip(4, {"Node": b"b", "Addr": b"odd"}), GossipAlive(*ORIGIN, 2381, "b", 0, "", 0, ())),
        (b"\x08" + encode.gossip(1, {"LTime": 7, "Node": b"c"}), SerfJoin(*ORIGIN, 2381, "join", 7, "c")),
    ],
)
def test_each_message_is_an_event(payload: bytes, event: Event) -> None:
    assert told(payload) == [event]


def test_a_node_that_declares_itself_dead_leaves() -> None:
    (dead, left) = told(
        encode.compound(
            encode.gossip(5, {"Incarnation": 1, "Node": b"b", "From": b"a"}),
            encode.gossip(5, {"Incarnation": 2, "Node": b"b", "From": b"b"}),
        )
    )
    assert isinstance(dead, GossipDead)
    assert isinstance(left, GossipDead)
    assert (dead.left, left.left) == (False, True)
