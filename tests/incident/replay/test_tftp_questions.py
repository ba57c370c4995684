from __future__ import annotations

import struct

import pytest

from harness.capture.protocols import tftp
from harness.incident.replay.datagram import Datagram, Way
from harness.incident.replay.tftp_questions import FIRST, TftpQuestions, words
from tests.incident.replay import frames
from tests.incident.replay.frames import back, said

TO = Way(frames.MAC, frames.SERVER_MAC, frames.CLIENT, 2070, frames.SERVER, 69)
ON = TO._replace(dst_port=40000)


def taken(some: list[Datagram]) -> TftpQuestions:
    found = TftpQuestions()
    for one in some:
        if one.dst_port == 69 or found.knows(one):
            found.take(one)
    return found


def told(some: list[Datagram]) -> list[tuple[str, list[str], bool]]:
    return [(one.question.what, [each.what for each in one.answers], one.again) for one in taken(some).exchanges()]


def block(number: int) -> bytes:
    return struct.pack("!HH", 3, number) + b"data"


def acknowledgement(number: int) -> bytes:
    return struct.pack("!HH", 4, number)


def test_a_transfer_is_a_request_and_its_first_blocks() -> None:
    some = [said(TO, frames.read_request("ipxe.efi", "tsize", "0")), said(back(ON), b"\0\6tsize\x00100\0", 2)]
    for number in range(10):
        some += [said(ON, acknowledgement(number), 3 + 2 * number), said(back(ON), block(number + 1), 4 + 2 * number)]
    found = told(some)
    assert found[:2] == [("read ipxe.efi", ["options"], False), ("acknowledge 0", ["block 1"], False)]
    assert len(found) == FIRST


def test_a_request_that_is_repeated_is_of_the_same_transfer() -> None:
    request = frames.read_request("x")
    some = [said(TO, request, 1), said(TO, request, 2), said(back(ON), block(1), 3)]
    assert told(some) == [("read x", [], True), ("read x", ["block 1"], False)]


def test_a_client_begins_anew_from_the_same_port() -> None:
    some = [
        said(TO, frames.read_request("x", "tsize", "0"), 1),
        said(back(ON), b"\0\6tsize\x001\0", 2),
        said(ON, b"\0\5\0\x08enough\0", 3),
        said(TO, frames.read_request("x"), 4),
        said(back(ON._replace(dst_port=40001)), b"\0\5\0\1File not found\0", 5),
    ]
    assert [one[:2] for one in told(some)] == [
        ("read x", ["options"]), ("error 8", []), ("read x", ["error 1"]),
    ]  # fmt: skip


def test_a_request_that_was_cut_is_told_and_not_asked() -> None:
    found = taken([said(TO, frames.read_request("a-long-name"), 3, kept=42 + 8)])
    assert list(found.exchanges()) == []
    assert len(found.notes) == 1
    assert found.notes[0].startswith("frame 3: ")


def test_nonsense_is_told() -> None:
    assert taken([said(TO, b"\0\x09what", 3)]).notes == [
        "frame 3: TFTP that can't be read: TFTP operation 9 of 6 bytes"
    ]


def test_what_belongs_to_no_transfer_is_not_known() -> None:
    assert not TftpQuestions().knows(said(ON, acknowledgement(1)))


@pytest.mark.parametrize(
    "packet,expected",
    [
        (frames.read_request("x"), "read x"),
        (b"\0\2x\0octet\0", "write x"),
        (block(3), "block 3"),
        (acknowledgement(2), "acknowledge 2"),
        (b"\0\6blksize\x008\0", "options"),
        (b"\0\5\0\1no\0", "error 1"),
    ],
)
def test_packets_in_words(packet: bytes, expected: str) -> None:
    assert words(tftp.parse(packet, len(packet))) == expected
