from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.dissection import handshakes
from harness.capture.dissector import Dissector
from harness.capture.events import Event, TcpOpened, TcpRefused, TcpReset, TcpRetransmission
from tests.capture.build import Connection, number

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from harness.capture.frames import Frame


def dissect(frames: Iterable[Frame]) -> list[Event]:
    dissector = Dissector()
    return [event for frame in frames for event in dissector.frame(frame)]


def opened(*, ssh: bool = True) -> Connection:
    return Connection(server_port=22 if ssh else 80).open()


def identified(segment: bytes, identification: int) -> bytes:
    return segment[:18] + identification.to_bytes(2) + segment[20:]


def test_a_connection_that_comes_about_is_told_with_the_answer_to_its_syn() -> None:
    (event,) = dissect(opened().frames())
    assert isinstance(event, TcpOpened)
    assert (str(event.client), str(event.server)) == ("192.168.100.11:50000", "192.168.100.1:22")
    assert (event.frame, event.attempts) == (2, 1)


def test_syns_that_are_sent_again_are_told_at_powers_of_two_and_counted() -> None:
    syn, accepted, _ = opened().segments
    wire = [identified(syn, attempt) for attempt in range(1, 8)]
    *again, event = dissect(number([*wire, wire[-1], accepted]))
    assert [(one.frame, one.count) for one in again if isinstance(one, TcpRetransmission)] == [(2, 1), (3, 2), (5, 4)]
    assert isinstance(event, TcpOpened)
    assert event.attempts == 7


def test_a_reset_that_answers_a_syn_refuses() -> None:
    for port in (22, 80):
        wire = Connection(server_port=port).open()
        wire.segments = wire.segments[:1]
        (event,) = dissect(wire.reset().frames())
        assert isinstance(event, TcpRefused)
        assert (event.server.port, event.attempts, event.sent_by) == (port, 1, "52:54:00:00:00:01")


def test_a_reset_that_answers_another_syn_refuses_nothing() -> None:
    first = Connection(server_port=22).open()
    other = Connection(server_port=22, client_sequence=5).reset()
    assert dissect(number([first.segments[0], *other.segments])) == []


def test_a_reset_of_what_is_open_is_told_once() -> None:
    for ssh in (True, False):
        _, event = dissect(opened(ssh=ssh).client(b"x").reset().reset().frames())
        assert isinstance(event, TcpReset)
        assert (event.sender.port, event.receiver.port) == (22 if ssh else 80, 50000)


def test_a_reset_of_what_was_closed_is_not_told() -> None:
    for ssh in (True, False):
        assert [type(event) for event in dissect(opened(ssh=ssh).close().reset().frames())] == [TcpOpened]


def test_a_reset_of_a_followed_connection_that_began_before_the_capture_is_told() -> None:
    assert [type(event) for event in dissect(Connection().client(b"x").reset().frames())] == [TcpReset]
    assert dissect(Connection(server_port=22).client(b"x").reset().frames()) == []


def test_an_answer_without_its_question_is_nothing() -> None:
    assert dissect(number(opened().segments[1:])) == []


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshakes, "MOST", 2)
    wires = [Connection(50000 + count, 22).open() for count in range(3)]
    syns = [wire.segments[0] for wire in wires]
    answers = [wire.segments[1] for wire in wires]
    ports = [event.client.port for event in dissect(number([*syns, *answers])) if isinstance(event, TcpOpened)]
    assert ports == [50001, 50002]
