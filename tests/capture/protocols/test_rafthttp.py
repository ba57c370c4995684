from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import rafthttp
from harness.capture.protocols.malformed import Malformed
from harness.capture.protocols.rafthttp import AppendStream, MessageStream, Stream
from harness.capture.protocols.raftpb import Entry, Message, MessageType
from tests.capture import encode
from tests.capture.build import cut
from tests.capture.protocols.strategies import messages

places = st.lists(st.integers(0, 10_000), max_size=8)
HEARTBEAT = encode.sized(encode.message(Message(type=MessageType.HEARTBEAT)))


def fed(stream: Stream, data: bytes, at: list[int]) -> list[Message]:
    return [message for part in cut(data, at) for message in stream.feed(part)]


@given(st.lists(messages, max_size=4), places)
def test_a_message_stream_is_the_same_wherever_it_is_cut(sent: list[Message], at: list[int]) -> None:
    data = HEARTBEAT + b"".join(encode.sized(encode.message(message)) + HEARTBEAT for message in sent)
    assert fed(MessageStream(), data, at) == sent


FIRST = Message(type=MessageType.APP, sender=1, receiver=2, term=4, log_term=3, index=10, entries=(Entry(0, 4, 11),))
SHORT = ((Entry(0, 4, 12, b"a"), Entry(1, 4, 13, b"b")), (), (Entry(0, 4, 14, b"c"),))


@given(places)
def test_short_appends_go_on_where_the_last_one_ended(at: list[int]) -> None:
    data = b"\0" + encode.full_append(FIRST) + b"\0"
    data += b"".join(encode.short_append(entries, 9 + count) for count, entries in enumerate(SHORT))
    found = fed(AppendStream(7, 8), data, at)
    assert found[0] == FIRST
    assert [(one.sender, one.receiver, one.term, one.log_term) for one in found[1:]] == [(1, 2, 4, 4)] * 3
    assert [(one.index, one.entries, one.commit) for one in found[1:]] == [
        (11, SHORT[0], 9),
        (13, SHORT[1], 10),
        (13, SHORT[2], 11),
    ]


def test_an_append_without_entries_sets_the_place_by_its_index() -> None:
    stream = AppendStream(1, 2)
    list(stream.feed(encode.full_append(replace(FIRST, entries=()))))
    (found,) = stream.feed(encode.short_append([Entry(0, 4, 11)], 3))
    assert (found.index, found.term) == (10, 4)


def test_a_stream_joined_midway_learns_term_and_index_from_the_entries() -> None:
    stream = AppendStream(1, 2)
    (found,) = stream.feed(encode.short_append([Entry(0, 4, 12, b"a")], 3))
    assert found == Message(
        type=MessageType.APP,
        sender=1,
        receiver=2,
        term=4,
        log_term=4,
        index=11,
        entries=(Entry(0, 4, 12, b"a"),),
        commit=3,
    )


@pytest.mark.parametrize(
    "stream, data, reason",
    [
        (MessageStream(), b"\xff" * 8, "a length of 18446744073709551615 bytes"),
        (AppendStream(), b"\x03", "tag 3 in an append stream"),
        (AppendStream(), b"\x01" + b"\xff" * 8, "18446744073709551615 entries in one append"),
        (AppendStream(), b"\x02" + b"\xff" * 8, "a length of 18446744073709551615 bytes"),
        (MessageStream(), encode.sized(b"\x0b"), "field 1 has wire type 3"),
    ],
)
def test_what_is_no_stream_is_malformed(stream: Stream, data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        list(stream.feed(data))


def test_a_short_append_that_does_not_go_on_where_the_last_one_ended_is_malformed() -> None:
    stream = AppendStream()
    with pytest.raises(Malformed, match="a short append with entries 13 to 13 after entry 11"):
        fed(stream, encode.full_append(FIRST) + encode.short_append([Entry(0, 4, 13)], 3), [])


def test_what_was_whole_before_a_malformed_message_is_given_out() -> None:
    found = AppendStream().feed(encode.full_append(FIRST) + b"\x09")
    assert next(found) == FIRST
    with pytest.raises(Malformed):
        next(found)


def test_a_short_append_without_entries_says_nothing_while_the_term_is_unknown() -> None:
    stream = AppendStream(1, 2)
    assert fed(stream, encode.short_append([], 3), []) == []
    assert len(fed(stream, encode.short_append([Entry(0, 4, 12)], 3) + encode.short_append([], 4), [])) == 2


@pytest.mark.parametrize(
    "chunk, append, message",
    [
        (encode.sized(encode.message(FIRST)), False, True),
        (HEARTBEAT, False, True),
        (encode.sized(b"\x08\x08"), None, True),
        (encode.full_append(FIRST), True, False),
        (b"\0\0" + encode.full_append(FIRST), True, False),
        (encode.short_append([Entry(0, 4, 12)], 3), True, False),
        (encode.short_append([Entry(0, 4, 12), Entry(0, 4, 14)], 3), False, False),
        (encode.sized(encode.message(replace(FIRST, sender=0, entries=()))), False, False),
        (encode.sized(encode.message(replace(FIRST, type=40))), False, False),
        (encode.sized(encode.message(replace(FIRST, term=3))), False, False),
        (encode.sized(encode.message(FIRST))[:-1], False, None),
        (b"\0", None, None),
        (b"", None, None),
        (b"\xff" * 20, False, False),
    ],
)
def test_a_chunk_proves_the_kind_of_its_stream(chunk: bytes, append: bool | None, message: bool | None) -> None:  # noqa: FBT001 - what is expected
    assert (rafthttp.proves(AppendStream, chunk), rafthttp.proves(MessageStream, chunk)) == (append, message)


def test_a_long_message_is_put_together_in_time_that_grows_with_its_length() -> None:
    stream = MessageStream()
    data = encode.sized(encode.message(replace(FIRST, entries=(Entry(0, 4, 11, bytes(1 << 20)),))))
    (found,) = fed(stream, data, list(range(0, len(data), 64)))
    assert len(found.entries[0].data) == 1 << 20


@given(messages, st.binary(max_size=20))
def test_the_message_before_a_snapshot_is_found_once_it_is_whole(message: Message, tail: bytes) -> None:
    head = encode.message(message)
    data = encode.sized(head) + tail
    assert rafthttp.snapshot_head(data) == head
    assert rafthttp.snapshot_head(data[: len(head) + 7]) is None


@given(st.lists(st.binary(max_size=40), max_size=5), st.sampled_from([AppendStream, MessageStream]))
def test_any_octets_are_read_or_malformed(parts: list[bytes], kind: type[Stream]) -> None:
    stream = kind()
    try:
        for part in parts:
            list(stream.feed(part))
    except Malformed as problem:
        assert str(problem)  # noqa: PT017 - most octets are malformed, some are not
