from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from harness.incident.replay.datagram import Datagram, Way
from harness.incident.replay.dhcp_questions import DhcpQuestions
from harness.incident.replay.dialogue import Exchange
from tests.incident.replay import frames
from tests.incident.replay.frames import ASK, TELL, said

RELAY, RELAY_MAC = IPv4Address("10.0.0.254"), "52:54:00:99:00:01"
FAR = IPv4Address("10.9.0.1")
BY_RELAY = Way(RELAY_MAC, frames.SERVER_MAC, RELAY, 67, FAR, 67)
TO_RELAY = Way(frames.SERVER_MAC, RELAY_MAC, FAR, 67, RELAY, 67)
DISCOVER = 1
CLASS, INFORMATION = {60: b"PXEClient"}, {82: b"\x01\x04eth1"}


def relayed(payload: bytes) -> bytes:
    """Return what a relay agent makes of a client's question, or a server of its answer."""
    return payload[:3] + b"\x01" + payload[4:24] + RELAY.packed + payload[28:]


def question() -> Datagram:
    return said(BY_RELAY, relayed(frames.question(DISCOVER, {**CLASS, **INFORMATION})), 1)


def offer(number: int = 2) -> Datagram:
    return said(TO_RELAY, relayed(frames.answer(frames.OFFER, {**CLASS, **INFORMATION}, server=FAR)), number)


def taken(*some: Datagram) -> tuple[list[Exchange], list[str]]:
    found = DhcpQuestions()
    for one in some:
        found.take(one)
    return [exchange for _, exchange in found.exchanges()], found.notes


def test_a_relayed_question_is_asked_as_the_client_itself_said_it() -> None:
    (exchange,), notes = taken(question(), offer())
    asked = exchange.question.datagram
    assert asked.payload == said(ASK, frames.question(DISCOVER, CLASS)).payload
    assert (asked.src_mac, asked.src, asked.src_port) == (frames.MAC, frames.NOBODY, 68)
    assert (asked.dst, asked.dst_port) == (frames.EVERYONE, 67)
    assert len(notes) == 1
    assert notes[0].startswith(f"frame 1: DHCP by way of the relay agent {RELAY}")


def test_its_answer_is_what_the_client_got() -> None:
    (exchange,), _ = taken(question(), offer())
    (answer,) = exchange.answers
    assert answer.payload == frames.answer(frames.OFFER, CLASS, server=FAR)
    assert (answer.datagram.src, answer.datagram.dst, answer.datagram.dst_port) == (FAR, frames.EVERYONE, 68)
    assert answer.whole


@pytest.mark.parametrize("later,asked", [(50_000_000, 1), (2_000_000_000, 2)])
def test_what_both_sides_of_a_relay_have_is_asked_once(later: int, asked: int) -> None:
    direct = said(ASK, frames.question(DISCOVER, CLASS), 1)
    passed_on = question()
    passed_on = passed_on._replace(frame=passed_on.frame._replace(time=direct.frame.time + later))
    exchanges, _ = taken(direct, passed_on)
    assert len(exchanges) == asked


def test_an_answer_that_both_sides_of_a_relay_have_counts_once() -> None:
    there = offer()
    here = said(TELL._replace(src=RELAY), relayed(frames.answer(frames.OFFER, CLASS, server=FAR)), 2)
    here = here._replace(frame=here.frame._replace(time=there.frame.time + 1_000_000))
    (exchange,), _ = taken(question(), there, here)
    assert [one.frame for one in exchange.answers] == [2]
