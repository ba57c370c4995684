from __future__ import annotations

from ipaddress import IPv4Address

from harness.incident.replay.comparison import Outcome
from harness.incident.replay.dialogue import DHCP, HTTP, Exchange, Message
from harness.incident.replay.excuses import Moved
from harness.incident.replay.matching import matched
from tests.incident.replay import frames
from tests.incident.replay.frames import ASK, TELL, answer, question, said
from tests.provisioning import dhcp

OTHER = IPv4Address("10.0.0.9")


def message(payload: bytes, what: str, number: int, protocol: str = DHCP) -> Message:
    return Message(protocol, what, said(TELL if number else ASK, payload, number), payload, len(payload))


ASKED = message(question(1), "DISCOVER", 0)


def offer(number: int, *, server: IPv4Address = frames.SERVER, options: dict[int, bytes] | None = None) -> Message:
    return message(answer(2, options, server=server), "OFFER", number)


def outcomes(exchange: Exchange, heard: list[Message]) -> list[tuple[Outcome, int | None]]:
    return [(one.outcome, one.frame) for one in matched(exchange, heard, Moved())]


def test_answers_alike_belong_together() -> None:
    one, other = offer(1), offer(2, server=OTHER, options={dhcp.FILE: b"x"})
    assert outcomes(Exchange(ASKED, (one, other)), [other, one]) == [(Outcome.EQUAL, 1), (Outcome.EQUAL, 2)]


def test_what_does_not_come_is_missing_and_what_was_not_recorded_is_extra() -> None:
    assert outcomes(Exchange(ASKED, (offer(1), offer(2, server=OTHER))), [offer(3)]) == [
        (Outcome.EQUAL, 1), (Outcome.MISSING, 2),
    ]  # fmt: skip
    assert outcomes(Exchange(ASKED), [offer(3)]) == [(Outcome.EXTRA, None)]


def test_an_answer_to_what_was_asked_again_is_excused() -> None:
    (found,) = matched(Exchange(ASKED, again=True), [offer(3)], Moved())
    assert (found.outcome, found.excuse) == (Outcome.EXTRA, "the client asked again, and was answered then")


def test_the_one_field_that_differs_is_named() -> None:
    (found,) = matched(Exchange(ASKED, (offer(1, options={dhcp.LEASE: b"\0\0\1\0"}),)), [
        offer(2, options={dhcp.LEASE: b"\0\0\2\0"})
    ], Moved())  # fmt: skip
    assert [str(one) for one in found.differences] == ["option 51, Address Time: 256 recorded, 512 now"]


def test_where_the_server_is_now_is_learnt_and_excused() -> None:
    moved = Moved()
    (found,) = matched(Exchange(ASKED, (offer(1),)), [offer(2, server=OTHER)], moved)
    assert found.outcome is Outcome.EQUAL
    assert {one.field for one in found.differences} == {"siaddr", "option 54, DHCP Server Id"}
    assert moved.servers == {frames.SERVER: OTHER}


def test_a_recorded_answer_that_makes_no_sense_is_unreadable() -> None:
    asked = message(b"GET / HTTP/1.1\r\n\r\n", "GET /", 0, HTTP)
    cut = message(b"HTTP/1.1 200 OK\r\nServ", "HTTP/1.1 200 OK", 1, HTTP)
    now = message(b"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK", 2, HTTP)
    (found,) = matched(Exchange(asked, (cut,)), [now], Moved())
    assert found.outcome is Outcome.UNREADABLE
    assert "cut" in found.excuse
