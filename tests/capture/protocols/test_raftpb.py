from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import raftpb
from harness.capture.protocols.malformed import Malformed
from harness.capture.protocols.raftpb import Entry, Message, MessageType
from tests.capture import encode
from tests.capture.protocols.strategies import entries, messages


@given(messages, st.booleans())
def test_messages_of_old_and_new_versions_are_read(message: Message, every_field: bool) -> None:  # noqa: FBT001 - from hypothesis
    assert raftpb.message(encode.message(message, every_field=every_field)) == message


@given(entries)
def test_entries_are_read(entry: Entry) -> None:
    assert raftpb.entry(encode.entry(entry)) == entry


def test_the_two_forms_of_a_link_heartbeat() -> None:
    old = encode.message(Message(type=MessageType.HEARTBEAT))
    assert len(old) == 30
    for data in (old, b"\x08\x08"):
        assert raftpb.message(data).link_heartbeat
    assert not raftpb.message(encode.message(Message(type=MessageType.HEARTBEAT, sender=1, receiver=2))).link_heartbeat


def test_the_empty_snapshot_that_old_versions_always_write() -> None:
    found = raftpb.message(bytes.fromhex("4a0a12080a02280010001800"))
    assert (found.snapshot_index, found.snapshot_term) == (0, 0)


@pytest.mark.parametrize("data", [b"\x0a\x00", b"\x38\x00", b"\x48\x01", b"\x52\x00", b"\x60\x00", b"\x3a\x02\x0a\x00"])
def test_a_field_of_another_type_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        raftpb.message(data)


@given(st.binary(max_size=80))
def test_any_octets_are_read_or_malformed(data: bytes) -> None:
    try:
        raftpb.message(data)
    except Malformed as problem:
        assert str(problem)  # noqa: PT017 - most octets are malformed, some are not
