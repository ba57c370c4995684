from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from harness.capture import events as ev
from harness.incident.packet import Packet
from harness.incident.signatures.wire_signatures import AnswersLate, ConnectionsRefused, FramesResent, MemberSilent
from tests.capture.make import CLIENT_END, SERVER_END, Wire
from tests.incident.records import SECOND
from tests.incident.stages import stage

SYN, ACK = 2, 16


def packet(when: float, src: str, dst: str = "192.168.100.13", *, flags: int = ACK, port: int = 5) -> Packet:
    ports = (2379, port) if flags == SYN | ACK else (port, 2379)
    return Packet(round(when * SECOND), "a.pcap", "eth0", 1, "", "", (), src, dst, "tcp", *ports, flags, 0, 0, 0, 0)


def every(step: float, spans: Iterable[tuple[float, float]], src: str) -> Iterator[Packet]:
    for began, ended in spans:
        yield from (packet(began + step * number, src) for number in range(round((ended - began) / step)))


ONE, TWO, THREE = "192.168.100.11", "192.168.100.12", "192.168.100.13"


def test_a_machine_that_pauses_while_others_go_on_is_silent() -> None:
    packets = [*every(0.1, [(0, 10), (15, 20)], ONE), *every(0.1, [(0, 20)], TWO)]
    seen = MemberSilent().look(stage(packets=packets, since=5))
    assert (seen.appeared, seen.because) == (True, "node01 is silent for 5.1 s")


def test_silence_to_the_end_counts() -> None:
    packets = [*every(0.1, [(0, 10)], ONE), *every(0.1, [(0, 20)], TWO)]
    assert MemberSilent().look(stage(packets=packets, since=5)).because == "node01 is silent to the end"


def test_a_machine_that_says_little_always_is_not_silent_and_neither_are_all_together() -> None:
    rare = [*every(3, [(0, 30)], ONE), *every(0.1, [(0, 30)], TWO)]
    assert MemberSilent().look(stage(packets=rare, since=10)).appeared is False
    together = [*every(0.1, [(0, 10), (15, 20)], ONE), *every(0.1, [(0, 10), (15, 20)], TWO)]
    assert MemberSilent().look(stage(packets=together, since=5)).appeared is False


def handshakes(took: float, began: float, count: int) -> Iterator[Packet]:
    for number in range(count):
        port = round(began) * 100 + number
        yield packet(began + number, ONE, TWO, flags=SYN, port=port)
        yield packet(began + number + took, TWO, ONE, flags=SYN | ACK, port=port)


def test_answers_that_take_longer_than_before_are_late() -> None:
    packets = [*handshakes(0.001, 1, 5), *handshakes(0.12, 10, 5)]
    seen = AnswersLate().look(stage(packets=packets, since=8))
    assert (seen.appeared, seen.because) == (True, "5 connections are answered late, after up to 120 ms")


def test_answers_that_were_always_slow_are_not_late() -> None:
    packets = [*handshakes(0.1, 1, 5), *handshakes(0.12, 10, 5)]
    assert AnswersLate().look(stage(packets=packets, since=8)).appeared is False
    assert AnswersLate().look(stage()).appeared is None


def resent(*, before: int, after: int) -> list[ev.Event]:
    wire = Wire()
    for _ in range(before + after):
        wire.add(ev.TcpRetransmission, sender=CLIENT_END, receiver=SERVER_END, octets=10, count=1)
    moments = [*(number * SECOND // 10 for number in range(before)), *(20 * SECOND + n for n in range(after))]
    return [replace(one, time=moment) for one, moment in zip(wire.events, moments, strict=True)]


def test_segments_that_are_resent_more_than_before_are_told() -> None:
    some = [packet(0, ONE)]
    assert FramesResent().look(stage(heard=resent(before=1, after=9), packets=some, since=10)).appeared is True
    assert FramesResent().look(stage(heard=resent(before=9, after=9), packets=some, since=10)).appeared is False
    assert FramesResent().look(stage()).appeared is None


RST = 4


def test_a_port_that_took_connections_and_refuses_them_has_lost_its_service() -> None:
    refused = packet(12, TWO, ONE, flags=SYN | ACK, port=77)._replace(flags=RST | ACK)
    seen = ConnectionsRefused().look(stage(packets=[*handshakes(0.001, 1, 5), refused], since=8))
    assert (seen.appeared, seen.because) == (True, "node02 refuses connections to port 2379")
    for other in (refused._replace(seq=9), refused._replace(src_port=80), refused._replace(time=7 * SECOND)):
        assert ConnectionsRefused().look(stage(packets=[*handshakes(0.001, 1, 5), other], since=8)).appeared is False
    assert ConnectionsRefused().look(stage()).appeared is None


def test_a_kernel_that_refuses_is_no_sign_of_who_is_gone() -> None:
    goes_on = [*every(0.1, [(0, 10)], ONE), *every(0.1, [(0, 20)], TWO)]
    refuses = [one._replace(flags=RST | ACK) for one in every(0.5, [(10, 20)], ONE)]
    unreachable = [one._replace(carries="icmp", flags=0) for one in every(0.5, [(10, 20)], ONE)]
    for kernel in (refuses, unreachable):
        seen = MemberSilent().look(stage(packets=[*goes_on, *kernel], since=5))
        assert seen.because == "node01 is silent to the end"
