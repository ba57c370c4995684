from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from harness.incident.replay.datagram import Datagram
from harness.incident.replay.dhcp_questions import DhcpQuestions
from tests.incident.replay import frames
from tests.incident.replay.frames import ASK, TELL, said
from tests.provisioning import dhcp

OTHER = IPv4Address("10.0.0.9")
DISCOVER, REQUEST = 1, 3


def pairs(some: list[Datagram]) -> list[tuple[int, list[int], bool]]:
    found = DhcpQuestions()
    for one in some:
        found.take(one)
    return [(one.question.frame, [other.frame for other in one.answers], one.again) for _, one in found.exchanges()]


def asked(kind: int, number: int, *, xid: int = frames.XID) -> Datagram:
    return said(ASK, frames.question(kind, xid=xid), number)


def told(kind: int, number: int, *, server: IPv4Address = frames.SERVER, xid: int = frames.XID) -> Datagram:
    return said(TELL, frames.answer(kind, server=server, xid=xid), number)


def test_each_answer_is_to_its_own_question() -> None:
    some = [asked(DISCOVER, 1), told(frames.OFFER, 2), asked(REQUEST, 3), told(frames.ACK, 4)]
    assert pairs(some) == [(1, [2], False), (3, [4], False)]


def test_another_transaction_s_answer_is_to_none() -> None:
    assert pairs([asked(DISCOVER, 1), told(frames.OFFER, 2, xid=7), told(frames.ACK, 3)]) == [(1, [3], False)]
    assert pairs([asked(REQUEST, 1), told(frames.OFFER, 2)]) == [(1, [], False)]


def test_late_answers_to_a_question_that_was_repeated_are_in_order() -> None:
    some = [asked(DISCOVER, 1), asked(DISCOVER, 2), told(frames.OFFER, 3), told(frames.OFFER, 4)]
    assert pairs(some) == [(1, [3], True), (2, [4], False)]


def test_one_answer_is_to_the_last_of_questions_alike() -> None:
    some = [asked(DISCOVER, 1), asked(DISCOVER, 2), told(frames.OFFER, 3), asked(DISCOVER, 4)]
    assert pairs(some) == [(1, [], True), (2, [3], False), (4, [], False)]


def test_two_servers_answer_one_question() -> None:
    some = [asked(DISCOVER, 1), told(frames.OFFER, 2), told(frames.OFFER, 3, server=OTHER)]
    assert pairs(some) == [(1, [2, 3], False)]


def test_a_boot_server_s_answer_is_to_what_it_was_asked() -> None:
    to_4011 = said(ASK._replace(dst_port=4011), frames.question(REQUEST), 2)
    by_4011 = said(TELL._replace(src_port=4011), frames.answer(frames.ACK), 4)
    assert pairs([asked(REQUEST, 1), to_4011, told(frames.ACK, 3), by_4011]) == [(1, [3], False), (2, [4], False)]


def test_what_was_cut_is_told_and_not_asked() -> None:
    found = DhcpQuestions()
    whole = frames.question(DISCOVER, dhcp.firmware(7))
    found.take(said(ASK, whole, 1, kept=42 + 100))
    found.take(said(ASK, whole, 2, kept=42 + len(whole) - 3))
    assert list(found.exchanges()) == []
    size = len(whole)
    assert found.notes == [
        f"frame 1: DHCP that can't be read: only 100 of its {size} bytes were captured",
        f"frame 2: DISCOVER of {frames.MAC} can't be sent: only {size - 3} of its {size} bytes were captured",
    ]


@pytest.mark.parametrize("payload", [b"", b"nonsense", bytes(300)])
def test_nonsense_is_told(payload: bytes) -> None:
    found = DhcpQuestions()
    found.take(said(ASK, payload, 1))
    assert [note.startswith("frame 1: DHCP that can't be read") for note in found.notes] == [True]


def test_whose_an_address_is_and_who_serves_is_learnt() -> None:
    found = DhcpQuestions()
    found.take(told(frames.OFFER, 1))
    assert found.owners == {}
    found.take(said(TELL, frames.answer(frames.ACK, {dhcp.FILE: b"http://boot.example:81/x", 66: b"tftp"}), 2))
    assert found.owners == {frames.CLIENT: frames.MAC}
    assert found.servers == {"10.0.0.1", "boot.example", "tftp"}
