from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import TCP
from scapy.plist import PacketList
from scapy.utils import rdpcap

from harness.capture.layers import load
from harness.capture.layers.raft import EtcdChunk, RaftAppendFrame, RaftEntry, RaftEntryFrame, RaftFrame, RaftMessage
from harness.capture.protocols import raftpb
from tests.capture import encode

ETCD = Path(__file__).parents[1] / "data" / "etcd-3.4.23-leader-kill.pcap"


@pytest.fixture(scope="module")
def frames() -> list[Any]:
    load(raft=(24801, 24802, 24803), gossip=())
    return list(chunks(rdpcap(str(ETCD))))


def chunks(packets: PacketList) -> Iterator[Any]:
    for packet in packets:
        layer = packet[TCP].payload
        while isinstance(layer, EtcdChunk):
            yield from layer.frames
            layer = layer.payload


def test_scapy_shows_the_messages_of_real_members(frames: list[Any]) -> None:
    kinds = Counter(type(frame).__name__ for frame in frames)
    assert kinds["RaftFrame"] > 300
    assert kinds["RaftAppendFrame"] > 20
    messages = [frame.message for frame in frames if isinstance(frame, RaftFrame)]
    votes = [message for message in messages if message.type == raftpb.MessageType.VOTE and message.term == 3]
    assert {message.sender for message in votes} == {0x71A84C8821A8935D}


def test_what_is_changed_is_written_anew_and_all_else_as_it_was(frames: list[Any]) -> None:
    for frame in frames:
        if isinstance(frame, RaftFrame):
            octets = bytes(frame.message)
            frame.message.term += 1
            frame.message.term -= 1
            assert bytes(frame.message) == octets


numbers = st.integers(0, 2**64 - 1)


@given(numbers, numbers, st.integers(0, 1), st.binary(max_size=20), st.lists(st.binary(max_size=300), max_size=2))
def test_a_chunk_that_is_made_is_read_by_the_decoder(
    sender: int, term: int, reject: int, context: bytes, datas: list[bytes]
) -> None:
    entries = [RaftEntry(term=term, index=place, data=data) for place, data in enumerate(datas)]
    made = RaftMessage(type=3, to=1, sender=sender, term=term, reject=reject, context=context, entries=entries)
    found = raftpb.message(bytes(made))
    assert (found.type, found.receiver, found.sender, found.term) == (3, 1, sender, term)
    assert (found.reject, found.context, [one.data for one in found.entries]) == (bool(reject), context, datas)
    (frame,) = EtcdChunk(bytes(EtcdChunk(frames=[RaftFrame(message=made)]))).frames
    assert (frame.message.sender, frame.message.term) == (sender, term)


def test_appends_are_read_in_both_forms() -> None:
    entry = raftpb.Entry(0, 2, 7, b"command")
    short = RaftAppendFrame(encode.short_append([entry], 6))
    assert (short.tag, short.count, short.commit) == (1, 1, 6)
    assert (short.entries[0].entry.index, short.entries[0].entry.data) == (7, b"command")
    full = RaftAppendFrame(encode.full_append(raftpb.Message(type=3, sender=9, entries=(entry,))))
    assert (full.tag, full.message.sender, full.message.entries[0].data) == (2, 9, b"command")
    made = RaftAppendFrame(tag=1, entries=[RaftEntryFrame(entry=RaftEntry(term=2, index=7, data=b"command"))], commit=6)
    assert bytes(made) == encode.short_append([entry], 6)


@given(st.binary(max_size=80), st.sampled_from([b"", b"2a\r\n", b"1\r\n\0\r\n", b"2a\r\n\0\0\0\0\0\0\0\x20"]))
def test_scapy_survives_any_octets_on_a_port(tail: bytes, head: bytes) -> None:
    load()
    octets = bytes(TCP(sport=2380, dport=5)) + head + tail
    assert bytes(TCP(octets))[:4] == octets[:4]
