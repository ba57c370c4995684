from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture import events
from harness.capture.conversations import serf
from harness.capture.events import Event, Origin
from harness.capture.protocols.malformed import Malformed
from tests.capture import encode

ORIGIN = Origin(5, "segment", 1, "52:54:00:00:01:01", "52:54:00:00:01:02")
PUSH_PULL = {
    "LTime": 9,
    "StatusLTimes": {"node02": 4, "node01": 3},
    "LeftMembers": [b"node05"],
    "EventLTime": 2,
    "Events": [None, {"LTime": 1, "Events": [{"Name": b"deploy", "Payload": b""}, None]}],
    "QueryLTime": 6,
}
QUERY = {"LTime": 4, "ID": 77, "SourceNode": b"node01", "Flags": 1, "RelayFactor": 2, "Timeout": 5, "Name": b"uptime"}


@pytest.mark.parametrize(
    "kind, fields, event",
    [
        (0, {"LTime": 3, "Node": b"a", "Prune": True}, events.SerfLeave(*ORIGIN, 7946, "leave", 3, "a", prune=True)),
        (1, {"LTime": 3, "Node": b"a"}, events.SerfJoin(*ORIGIN, 7946, "join", 3, "a")),
        (
            2,
            PUSH_PULL,
            events.SerfPushPull(
                *ORIGIN, 7946, "push-pull", 9, "", (("node01", 3), ("node02", 4)), ("node05",), 2, 6, ("deploy",)
            ),
        ),
        (2, {}, events.SerfPushPull(*ORIGIN, 7946, "push-pull", 0, "", (), (), 0, 0, ())),
        (
            3,
            {"LTime": 4, "Name": b"deploy", "Payload": b"x", "CC": True},
            events.SerfUserEvent(*ORIGIN, 7946, "user-event", 4, "deploy", b"x", coalesce=True),
        ),
        (4, QUERY, events.SerfQuery(*ORIGIN, 7946, "query", 4, "uptime", 77, "node01", 1, 2, 5, b"")),
        (
            5,
            {"LTime": 4, "ID": 77, "From": b"b", "Flags": 1},
            events.SerfQueryResponse(*ORIGIN, 7946, "query-response", 4, "b", 77, 1, b""),
        ),
        (6, {"Name": b"a"}, events.SerfMessage(*ORIGIN, 7946, "conflict-response", 0, "a")),
        (7, {"Key": b"k"}, events.SerfMessage(*ORIGIN, 7946, "key-request", 0, "")),
        (8, {"Result": True}, events.SerfMessage(*ORIGIN, 7946, "key-response", 0, "")),
    ],
)
def test_each_message_is_an_event(kind: int, fields: dict[str, object], event: Event) -> None:
    assert list(serf.told(encode.gossip(kind, fields), ORIGIN, 7946)) == [event]


def test_what_is_relayed_is_told_beside_the_relay() -> None:
    head = encode.gossip(9, {"DestAddr": {"IP": b"\x0a\0\0\3", "Port": 7946}, "DestName": b"node03"})
    relay, response = serf.told(head + encode.gossip(5, {"LTime": 5, "From": b"node02"}), ORIGIN, 7946)
    assert relay == events.SerfRelay(*ORIGIN, 7946, "relay", 0, "node03")
    assert isinstance(response, events.SerfQueryResponse)
    assert len(list(serf.told(head * 40, ORIGIN, 7946))) == serf.DEEPEST + 1


@given(st.integers(0, 9), st.binary(max_size=60))
def test_any_octets_are_told_or_malformed(kind: int, data: bytes) -> None:
    for octets in (bytes((kind,)) + data, encode.gossip(2, {"Events": [data], "StatusLTimes": data})):
        try:
            list(serf.told(octets, ORIGIN, 7946))
        except Malformed as problem:
            assert str(problem)  # noqa: PT017 - most octets are malformed, some are not
