from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import memberlist_stream
from harness.capture.protocols.malformed import Malformed, Truncated
from harness.capture.protocols.memberlist import Message, MessageType, Sealed
from harness.capture.protocols.memberlist_stream import PushPull
from tests.capture import encode

STATE = b"\x02" + encode.pack({"LTime": 3})
WHOLE = encode.push_pull([("node01", 0), ("node02", 3), ("node03", 9)], STATE, join=True)
PING = encode.gossip(0, {"SeqNo": 7, "Node": b"node02"})
SEALED = b"\x0a" + struct.pack(">I", 40) + b"\x01" + bytes(39)


@pytest.mark.parametrize("data", [WHOLE, encode.compressed(WHOLE), b"\xf4\x03lab" + WHOLE])
def test_a_push_pull_has_nodes_with_their_states_and_what_the_user_adds(data: bytes) -> None:
    item, end = memberlist_stream.parse(data + b"more")
    assert end == len(data)
    assert isinstance(item, PushPull)
    assert (item.join, item.user_state) == (True, STATE)
    assert [(node.fields.text("Name"), node.state) for node in item.nodes] == [
        ("node01", "alive"),
        ("node02", "left"),
        ("node03", "9"),
    ]


@pytest.mark.parametrize(
    "data, item",
    [
        (PING, Message(MessageType.PING, {"SeqNo": 7, "Node": b"node02"})),
        (encode.gossip(13, {"Error": b"no"}), Message(MessageType.ERROR, {"Error": b"no"})),
        (encode.gossip(8, {"UserMsgLen": 3}) + b"abc", Message(MessageType.USER, {}, b"abc")),
        (SEALED, Sealed(1, 40)),
        (b"\x0a\0\0\0\0", Sealed(0, 0)),
    ],
)
def test_other_messages_are_read(data: bytes, item: Message | Sealed) -> None:
    assert memberlist_stream.parse(data) == (item, len(data))


@given(st.sampled_from([WHOLE, encode.compressed(WHOLE), b"\xf4\x03lab" + PING, SEALED]), st.data())
def test_a_message_is_waited_for_until_it_is_whole(data: bytes, draw: st.DataObject) -> None:
    with pytest.raises(Truncated):
        memberlist_stream.parse(data[: draw.draw(st.integers(0, len(data) - 1))])


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"\x05\x80", "gossip of type 5, which is not sent over TCP"),
        (b"\x00\x05", "has a int where a map belongs"),
        (encode.gossip(6, {"Nodes": 1 << 20}), "a gossip state of 1048576 nodes"),
        (encode.gossip(6, {"UserStateLen": 1 << 30}), "gossip of 1073741824 bytes, more than any member takes"),
        (encode.gossip(9, {"Algo": 3, "Buf": b""}), "packed by algorithm 3, not 0"),
        (encode.compressed(WHOLE[:20]), "packed gossip of 20 bytes that is not whole"),
        (b"\xf4\x00" * 10 + PING, "nested deeper than 4"),
    ],
)
def test_what_is_no_gossip_is_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason) as caught:
        memberlist_stream.parse(data)
    assert not isinstance(caught.value, Truncated)


@given(st.binary(max_size=60), st.integers(0, len(WHOLE) - 1), st.integers(0, 7))
def test_any_octets_are_read_or_malformed(data: bytes, at: int, bit: int) -> None:
    flipped = bytearray(WHOLE)
    flipped[at] ^= 1 << bit
    for octets in (data, WHOLE[:at] + data, bytes(flipped)):
        try:
            memberlist_stream.parse(octets)
        except Malformed as problem:
            assert str(problem)  # noqa: PT017 - most octets are malformed, some are not
