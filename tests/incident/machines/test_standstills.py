from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from harness.faults.power import Pause
from harness.incident.finding import Finding
from harness.incident.machines import standstills
from harness.incident.machines.scene import Scene
from harness.incident.observation import Observation
from harness.incident.packet import Packet
from tests.incident.records import T036, at, every, frames, record

PORTS = ((41000, 2380), (42000, 2480), (43000, 2379))
ACK, PUSHED = 0x10, 0x18
SIZE = 100


def asked(machine: str, moments: Sequence[float], ports: tuple[int, int], again: float = 0.0) -> list[Packet]:
    """Return segments to a machine, one after the other on a connection, each sent `again` so much later."""
    sent = frames(T036, "node01", moments, to=machine, ports=ports, payload=SIZE, flags=PUSHED)
    sent = [packet._replace(seq=1 + SIZE * place) for place, packet in enumerate(sent)]
    return [*sent, *(packet._replace(time=packet.time + round(again * 10**9)) for packet in sent if again)]


def answered(
    machine: str, moments: Iterable[float], ports: tuple[int, int], *, ends: int = -1, payload: int = 0
) -> list[Packet]:
    """Return a machine's acknowledgements, of one segment more each, or of the first `ends`."""
    said = frames(T036, machine, moments, to="node01", ports=ports[::-1], payload=payload, flags=ACK)
    return [
        packet._replace(ack=1 + SIZE * (place + 1 if ends < 0 else ends), seq=7) for place, packet in enumerate(said)
    ]


def talk(machine: str, still: tuple[float, float], *, payload: int = 0, again: float = 0.0) -> list[Packet]:
    """Return what is said to a machine for 20 s on each connection; what comes while it is `still` it answers then."""
    told: list[Packet] = []
    for place, ports in enumerate(PORTS):
        moments = every(0.1, 0.01 * place, 20)
        told += asked(machine, moments, ports, again)
        held = [max(moment + 0.001, still[1] + 0.0001 * moment if moment > still[0] else 0) for moment in moments]
        told += answered(machine, held, ports, payload=payload)
    return told


def found(*packets: Packet) -> tuple[list[Finding], list[str]]:
    told = list(standstills.find(Scene(record(packets=packets))))
    findings = [one for one in told if isinstance(one, Finding)]
    return findings, [one.what for one in told if isinstance(one, Observation)]


def test_a_machine_that_acknowledges_all_at_once_stood_still() -> None:
    (one,), (often,) = found(*talk("node02", (5, 6.2)))
    assert one.fault == Pause(("node02",))
    assert one.ended is not None
    assert one.began == pytest.approx(at(5), abs=2e8)
    assert one.ended == pytest.approx(at(6.2), abs=2e8)
    assert one.confidence < 0.5
    assert often == f"it stood still once, for {(one.ended - one.began) / 1e9:.2f} s at most: its host may be busy"
    assert "acknowledges them all at once" in one.evidence[1].shows


def test_who_stood_still_for_long_was_likely_paused() -> None:
    (one,), _ = found(*talk("node02", (5, 9)))
    assert one.confidence >= 0.5


def test_machines_that_stood_still_at_once_are_one_doubt() -> None:
    (one,), often = found(*talk("node02", (5, 9)), *talk("node03", (6, 9.5)))
    assert (one.fault, len(often)) == (Pause(("node02", "node03")), 2)
    assert one.confidence < 0.5


def test_a_machine_that_was_cut_off_answers_what_is_sent_again() -> None:
    lost = [
        packet
        for ports in PORTS
        for packet in (
            *asked("node02", every(0.1, 0, 5), ports),
            *answered("node02", every(0.1, 0.001, 5), ports),
            *(one._replace(seq=5001) for one in asked("node02", [5, 5.2, 5.6, 6.4, 8], ports)),
            *answered("node02", [8.001], ports, ends=51),
        )
    ]
    assert found(*lost) == ([], [])


def test_a_machine_that_was_not_heard_says_what_it_has_to_say_and_had_acknowledged_before() -> None:
    assert found(*talk("node02", (5, 9), payload=50)) == ([], [])


def test_a_line_on_which_everything_takes_longer_is_none() -> None:
    late = [
        packet
        for ports in PORTS
        for packet in (
            *asked("node02", every(0.1, 0, 10), ports),
            *answered("node02", every(0.1, 0.4, 10.4), ports),
        )
    ]
    assert found(*late) == ([], [])


def test_one_connection_is_not_the_machine() -> None:
    ports = PORTS[0]
    held = [*every(0.1, 0.001, 5), *(7 + place / 10**4 for place in range(20))]
    assert found(*asked("node02", every(0.1, 0, 7), ports), *answered("node02", held, ports)) == ([], [])
