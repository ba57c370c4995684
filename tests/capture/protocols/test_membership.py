from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import membership
from harness.capture.protocols.malformed import Malformed
from harness.capture.protocols.membership import Change
from harness.capture.protocols.raftpb import Entry
from tests.capture import encode

MEMBER = 0xD2F3A1B4C5E69788
CONTEXT = b'{"id":%d,"peerURLs":["http://10.0.0.7:2380"],"name":"node07","isPromote":true}' % MEMBER


def told(kind: int, context: bytes = b"", *, member: int = MEMBER) -> Change:
    (change,) = membership.changes(Entry(1, 4, 12, encode.conf_change(kind, member, context)))
    return change


def test_a_change_says_what_etcd_says_of_the_member() -> None:
    assert told(0, CONTEXT) == Change("ConfChangeAddNode", MEMBER, "node07", ("http://10.0.0.7:2380",), True)


@pytest.mark.parametrize(
    "context",
    [
        b"",
        b"text",
        b"[1]",
        b"\xff",
        b'{"name":5,"peerURLs":"x"}',
        b'{"peerURLs":[5]}',
        b'{"id":5,"name":"x"}',
        b"[" * 9999,
    ],
)
def test_a_context_that_is_not_of_this_member_or_not_etcds_says_nothing(context: bytes) -> None:
    assert told(1, context) == Change("ConfChangeRemoveNode", MEMBER)


def test_a_joint_change_is_several() -> None:
    data = encode.conf_change_v2((0, 1), (1, 2), (3, 3))
    assert [(one.type, one.member) for one in membership.changes(Entry(2, 4, 12, data))] == [
        ("ConfChangeAddNode", 1),
        ("ConfChangeRemoveNode", 2),
        ("ConfChangeAddLearnerNode", 3),
    ]
    assert membership.changes(Entry(2, 4, 12)) == ()


def test_a_command_changes_nothing() -> None:
    assert membership.changes(Entry(0, 4, 12, encode.conf_change(0, 7))) == ()


def test_a_type_that_is_not_known_is_malformed() -> None:
    with pytest.raises(Malformed, match="of type 4, which is not known"):
        told(4)


@given(st.integers(0, 2), st.binary(max_size=40))
def test_any_octets_are_read_or_malformed(kind: int, data: bytes) -> None:
    try:
        membership.changes(Entry(kind, 1, 1, data))
    except Malformed as problem:
        assert str(problem)  # noqa: PT017 - most octets are malformed, some are not
