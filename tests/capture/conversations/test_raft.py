from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture import events
from harness.capture.dissector import Dissector
from harness.capture.events import (
    RaftAppend,
    RaftHeartbeat,
    RaftMessage,
    RaftRefused,
    RaftSnapshot,
    RaftSnapshotSent,
    TcpGap,
    TcpOpened,
    Undecodable,
)
from harness.capture.events import RaftMembershipChange as Change
from harness.capture.protocols.raftpb import Entry, Message, MessageType
from tests.capture import encode
from tests.capture.build import Connection, cut, number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.capture.events import Event
    from harness.capture.frames import Frame

OK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SENDER, RECEIVER = 0x5CAE315174DE75B1, 0x71A84C8821A8935D


def ask(kind: str) -> bytes:
    lines = [
        f"GET /raft/stream/{kind}/{RECEIVER:x} HTTP/1.1",
        "Host: node01:2380",
        "X-Etcd-Cluster-ID: 51ae4641d523c544",
        f"X-Raft-To: {SENDER:x}",
        f"X-Server-From: {RECEIVER:x}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def heartbeat(term: int) -> Message:
    return Message(type=MessageType.HEARTBEAT, sender=SENDER, receiver=RECEIVER, term=term)


def as_chunks(*messages: Message) -> list[bytes]:
    return encode.chunks(*(encode.sized(encode.message(message)) for message in messages))


def dissect(frames: Iterable[Frame]) -> list[Event]:
    dissector = Dissector()
    found = [event for frame in frames for event in dissector.frame(frame)]
    return [event for event in [*found, *dissector.finish()] if not isinstance(event, TcpOpened)]


def stream(kind: str) -> Connection:
    return Connection(server_port=2380).open().client(ask(kind)).server(OK)


def terms(found: Iterable[Event]) -> list[int | str]:
    return [event.term if isinstance(event, RaftMessage) else "?" for event in found]


@given(st.lists(st.integers(0, 10_000), max_size=10))
def test_a_message_stream_is_told_wherever_it_is_cut(places: list[int]) -> None:
    body = b"".join(as_chunks(*(heartbeat(term) for term in range(5))))
    found = dissect(stream("message").server(*cut(body, places)).frames())
    assert terms(found) == [0, 1, 2, 3, 4]
    for event in found:
        assert isinstance(event, RaftHeartbeat)
        assert (event.sender, event.receiver, event.port) == (SENDER, RECEIVER, 2380)
        assert event.cluster == "51ae4641d523c544"


def test_short_appends_have_the_ends_that_their_connection_names() -> None:
    body = encode.chunks(b"\0", encode.short_append([Entry(0, 4, 12, b"a"), Entry(0, 4, 13, b"")], 11))
    (event,) = dissect(stream("msgapp").server(*body).frames())
    assert isinstance(event, RaftAppend)
    assert (event.sender, event.receiver, event.term, event.index, event.commit) == (SENDER, RECEIVER, 4, 11, 11)
    assert [(entry.term, entry.index, entry.type, entry.length) for entry in event.entries] == [
        (4, 12, 0, 1),
        (4, 13, 0, 0),
    ]
    assert event.entries[0].digest
    assert not event.entries[1].digest


def test_changes_of_the_membership_follow_the_append_that_brings_them() -> None:
    context = b'{"id":7,"peerURLs":["http://10.0.0.7:2380"],"name":"node07","isPromote":false}'
    added = encode.conf_change(0, 7, context)
    entries = [Entry(1, 4, 12, added), Entry(2, 4, 13, encode.conf_change_v2((1, 8), (3, 9))), Entry(1, 4, 14, b"\xff")]
    append, first, second, third, bad = dissect(
        stream("msgapp").server(*encode.chunks(encode.short_append(entries, 11))).frames()
    )
    assert isinstance(append, RaftAppend)
    changes = [(one.change, one.member, one.index) for one in (first, second, third) if isinstance(one, Change)]
    assert changes == [
        ("ConfChangeAddNode", 7, 12),
        ("ConfChangeRemoveNode", 8, 13),
        ("ConfChangeAddLearnerNode", 9, 13),
    ]
    assert isinstance(first, Change)
    assert (first.name, first.peer_urls, first.promotes) == ("node07", ("http://10.0.0.7:2380",), False)
    assert first.standard()["to"] == f"{RECEIVER:x}"
    assert isinstance(bad, Undecodable)
    assert bad.reason == "a varint does not end (entry 14 of term 4)"


def test_every_type_has_an_event_of_its_own() -> None:
    sent = [Message(type=kind, sender=1, receiver=2, term=1) for kind in (*MessageType, 1)]
    found = dissect(stream("message").server(*as_chunks(*sent)).frames())
    assert len({event.kind for event in found}) == len(sent)
    assert isinstance(found[-1], events.RaftOther)
    assert found[-1].standard()["type"] == found[-1].type == 1
    assert found[0].standard()["type"] == "MsgProp"


def test_a_posted_message_is_told() -> None:
    data = encode.message(heartbeat(7))
    head = b"POST /raft HTTP/1.1\r\nX-Etcd-Cluster-ID: abc\r\nContent-Length: %d\r\n\r\n" % len(data)
    wire = (
        Connection(server_port=2380)
        .open()
        .client(head + data[:10], data[10:])
        .server(b"HTTP/1.1 204 No Content\r\n\r\n")
    )
    (event,) = dissect(wire.frames())
    assert isinstance(event, RaftHeartbeat)
    assert (event.term, event.frame, event.cluster) == (7, 5, "abc")


@pytest.mark.parametrize("chunked", [True, False])
def test_a_snapshot_is_told_by_the_message_before_it_and_by_its_end(*, chunked: bool) -> None:
    message = Message(
        type=MessageType.SNAP, sender=1, receiver=2, term=5, snapshot_index=100, snapshot_term=4, voters=(1, 2)
    )
    data = encode.sized(encode.message(message)) + bytes(5000)
    parts = [data[:20], data[20:2000], data[2000:]]
    head = b"POST /raft/snapshot HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(data)
    if chunked:
        head = b"POST /raft/snapshot HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        parts = [*encode.chunks(*parts), b"0\r\n\r\n"]
    wire = Connection(server_port=2380).open().client(head, *parts)
    snapshot, sent = dissect(wire.frames())
    assert isinstance(snapshot, RaftSnapshot)
    assert (snapshot.term, snapshot.index, snapshot.log_term, snapshot.frame) == (5, 100, 4, 6)
    assert snapshot.voters == (1, 2)
    assert isinstance(sent, RaftSnapshotSent)
    assert (sent.sender, sent.index, sent.octets, sent.missing, sent.whole) == (1, 100, 5000, 0, True)
    short = dissect(number(wire.segments[:-1]))
    assert len(short) == 1
    cut = dissect(number([*wire.segments[:-2], (wire.segments[-2], 80), wire.segments[-1]]))
    assert [(one.missing > 0, one.octets) for one in cut if isinstance(one, RaftSnapshotSent)] == [(True, 5000)]


def test_a_post_that_was_not_captured_whole_is_told() -> None:
    data = encode.message(heartbeat(7))
    head = b"POST /raft HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(data)
    wire = Connection(server_port=2380).open().client(head + data)
    *before, last = wire.segments
    (event,) = dissect(number([*before, (last, len(last) - 5)]))
    assert isinstance(event, Undecodable)
    assert event.reason == "a post to /raft was not captured whole"


def test_a_post_that_is_no_message_is_told() -> None:
    wire = Connection(server_port=2380).open().client(b"POST /raft HTTP/1.1\r\nContent-Length: 1\r\n\r\n\x0b")
    (event,) = dissect(wire.frames())
    assert isinstance(event, Undecodable)
    assert event.reason.startswith("field 1 has wire type 3 (192.168.100.11:50000 to")


def test_probes_are_no_messages_and_refusals_are_told() -> None:
    wire = Connection(server_port=2380).open()
    wire.client(b"GET /raft/probing HTTP/1.1\r\n\r\n").server(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")
    wire.client(ask("message")).server(b"HTTP/1.1 410 Gone\r\nContent-Length: 4\r\n\r\nbody")
    (refused,) = dissect(wire.frames())
    assert isinstance(refused, RaftRefused)
    assert (refused.status, refused.target) == (410, f"/raft/stream/message/{RECEIVER:x}")


def test_a_stream_is_taken_up_again_after_a_segment_that_was_not_captured() -> None:
    wire = stream("message")
    lost = len(wire.segments)
    wire.server(*as_chunks(*(heartbeat(term) for term in range(5))))
    del wire.segments[lost]
    assert terms(dissect(wire.frames())) == ["?", "?", 1, 2, 3, 4]


def test_a_stream_that_turns_to_nonsense_is_taken_up_again_at_a_later_chunk() -> None:
    parts = as_chunks(heartbeat(1)) + encode.chunks(b"\xff" * 9) + as_chunks(heartbeat(2))
    found = dissect(stream("message").server(*parts).frames())
    assert terms(found) == [1, "?", 2]


def test_streams_that_are_joined_midway_are_told_by_their_chunks() -> None:
    append = encode.chunks(b"\0", encode.short_append([Entry(0, 4, 12, b"a")], 11))
    first = Connection(server_port=2380).server(b"the end of something", *as_chunks(heartbeat(1), heartbeat(2)))
    second = Connection(server_port=2480).server(*append)
    found = dissect(number([*first.segments, *second.segments]))
    assert terms(found) == [1, 2, 4]
    assert isinstance(found[-1], RaftAppend)
    assert (found[-1].sender, found[-1].receiver, found[-1].cluster) == (None, None, "")


@given(st.lists(st.binary(max_size=40), max_size=4), st.sampled_from(["message", "msgapp"]))
def test_any_octets_of_a_stream_are_told_or_undecodable(parts: list[bytes], kind: str) -> None:
    found = dissect(stream(kind).server(*encode.chunks(*filter(None, parts))).frames())
    assert not [event for event in found if isinstance(event, Undecodable) and "the decoder failed" in event.reason]


def test_a_long_append_whose_chunk_spans_segments_is_taken_up_once_it_is_proved() -> None:
    append = encode.chunks(encode.short_append([Entry(0, 4, 12, bytes(3000))], 11))
    (part,) = append
    wire = stream("msgapp")
    lost = len(wire.segments)
    wire.server(b"?" * 50, part[:1000], part[1000:2000], part[2000:], *append)
    del wire.segments[lost]
    *_, first, second = dissect(wire.frames())
    assert isinstance(first, RaftAppend)
    assert (first.index, first.commit) == (11, 11)
    assert isinstance(second, Undecodable), "the same entries again do not go on where the first ended"


def test_a_gap_is_told_with_its_place_and_what_it_stopped() -> None:
    wire = stream("message")
    lost = len(wire.segments)
    wire.server(*as_chunks(*(heartbeat(term) for term in range(3))))
    length = len(wire.segments[lost]) - 54
    del wire.segments[lost]
    gap, stopped, *_ = dissect(wire.frames())
    assert isinstance(gap, TcpGap)
    assert (gap.octets, gap.after, gap.frame, gap.carried, gap.sender.port) == (length, lost, lost + 1, "raft", 2380)
    assert isinstance(stopped, Undecodable)
    assert stopped.reason.startswith(f"{length} bytes are missing: nothing is decoded until a message starts a segment")
