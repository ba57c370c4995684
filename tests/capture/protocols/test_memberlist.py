from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import memberlist
from harness.capture.protocols.malformed import Malformed
from harness.capture.protocols.memberlist import Message, MessageType, Packet, Sealed
from tests.capture import encode

PING = encode.gossip(0, {"SeqNo": 7, "Node": b"node02"})
DEAD = encode.gossip(5, {"Incarnation": 3, "Node": b"node01", "From": b"node03"})


def test_every_layer_is_taken_off() -> None:
    data = b"\xf4\x03lab" + encode.with_crc(encode.compressed(encode.compound(PING, DEAD, encode.with_crc(PING))))
    packet = memberlist.parse(data)
    assert [layer.name for layer in packet.layers] == ["LABEL", "CRC", "COMPRESS", "COMPOUND", "CRC"]
    assert [message.type for message in packet.messages] == [MessageType.PING, MessageType.DEAD, MessageType.PING]
    assert packet.messages[1].text("From") == "node03"
    assert packet.messages[1].number("Incarnation") == 3


def test_a_field_of_another_type_reads_as_none() -> None:
    message = Message(MessageType.PING, {"Node": 7, "SeqNo": b"x", "Addr": None})
    assert (message.text("Node"), message.number("SeqNo"), message.octets("Addr")) == ("", 0, b"")


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "an empty gossip message"),
        (b"\x63", "gossip of type 99, which is not known"),
        (b"\x06\x80", "which is not sent in datagrams"),
        (b"\x0c\0\0\0\0" + PING, "gossip with checksum 00000000 over bytes that have"),
        (b"\x0c\0\0", "gossip with checksum"),
        (encode.gossip(9, {"Algo": 1, "Buf": b""}), "gossip packed by algorithm 1, not 0"),
        (b"\x07", "a gossip compound of 0 parts"),
        (b"\x07\x02\x00\x01\x00\x05a", "a gossip compound of 2 parts does not fit its 6 bytes"),
        (b"\xf4\x00" * 10 + PING, "nested deeper than 8"),
        (b"\x00\xc1", "^MessagePack has no meaning"),
    ],
)
def test_what_is_no_gossip_is_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        memberlist.parse(data)


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("label, layers", [(b"", ()), (b"\xf4\x03lab", (MessageType.LABEL,))])
def test_what_is_encrypted_is_told_apart_from_pings(
    version: int, label: bytes, layers: tuple[MessageType, ...]
) -> None:
    sealed = bytes((version,)) + b"\xc1" * 40
    assert memberlist.parse(label + sealed) == Packet(layers, (), Sealed(version, 41))
    ping = encode.gossip(version, {"SeqNo": 7, "Node": b"n" * 40})
    assert memberlist.parse(label + ping).sealed is None


def test_tags_of_a_member_are_read() -> None:
    assert memberlist.tags(b"\xff" + encode.pack({"role": b"db", "id": b"7"})) == (("role", "db"), ("id", "7"))
    assert memberlist.tags(b"role=db") == memberlist.tags(b"") == ()


@given(st.binary(max_size=80), st.sampled_from([b"", b"\x07\x01\x00\x10", b"\x09\x82\xa4Algo\x00\xa3Buf\xb0"]))
def test_any_octets_are_read_or_malformed(data: bytes, head: bytes) -> None:
    try:
        memberlist.parse(head + data)
    except Malformed as problem:
        assert str(problem)  # noqa: PT017 - most octets are malformed, some are not


@given(st.binary(max_size=80))
def test_any_octets_of_tags_are_read_or_malformed(data: bytes) -> None:
    try:
        memberlist.tags(b"\xff" + data)
    except Malformed as problem:
        assert str(problem)  # noqa: PT017 - most octets are malformed, some are not
