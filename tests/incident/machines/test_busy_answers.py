from __future__ import annotations

import pytest

from harness.capture.events import Event, GossipAck, GossipPing, Origin, TcpRetransmission
from harness.faults.pressure import CpuPressure
from harness.incident.machines import busy_answers
from harness.incident.machines.scene import Scene
from harness.incident.packet import Packet
from harness.incident.record import Record
from tests.capture.make import CLIENT_END, SERVER_END
from tests.incident.records import T036, at, every, frames, record

ASKER = "node01"
ADDRESS = {machine.name: str(machine.nics[0].address) for machine in T036.machines}
BUSY = (30.0, 45.0)


def origin(time: float, frame: int, src: str, dst: str) -> Origin:
    return Origin(at(time), "any", frame, "", "", (), ADDRESS[src], ADDRESS[dst], 7946, 7946)


def probes(who: str, took: float, *, kernel: float = 0.001) -> tuple[list[tuple[float, Event]], list[Packet]]:
    """Return five probes a second of a machine that answers so late in a while, and what its kernel acknowledges."""
    heard: list[tuple[float, Event]] = []
    packets: list[Packet] = []
    for number, moment in enumerate(every(0.2, 0, 60)):
        busy = BUSY[0] <= moment < BUSY[1]
        after = took if busy else 0.001
        later = kernel if busy else 0.001
        (asked,) = frames(T036, ASKER, [moment], to=who, ports=(40000, 2380))
        packets.append(asked._replace(seq=number * 100))
        (answer,) = frames(T036, who, [moment + later], to=ASKER, ports=(2380, 40000), payload=0, flags=0x10)
        packets.append(answer._replace(ack=number * 100 + 100))
        heard.append((moment, GossipPing(*origin(moment, asked.frame, ASKER, who), 7946, who, number)))
        heard.append((moment + after, GossipAck(*origin(moment + after, answer.frame, who, ASKER), 7946, number)))
    return heard, packets


def seen(*machines: tuple[list[tuple[float, Event]], list[Packet]]) -> Record:
    heard = sorted((one for each, _ in machines for one in each), key=lambda one: one[0])
    return record(heard=heard, packets=[one for _, each in machines for one in each], lasts=60)


WELL = probes("node03", 0.001)


def test_programs_that_answer_late_beside_a_quick_kernel_lack_a_processor() -> None:
    (found,) = busy_answers.find(Scene(seen(probes("node02", 0.08), WELL)))
    assert found.fault == CpuPressure(("node02",))
    assert found.ended is not None
    assert abs(found.began - at(30)) < 10**9
    assert abs(found.ended - at(45)) < 10**9
    assert "answer after 80 ms" in found.evidence[0].shows


@pytest.mark.parametrize("took,kernel", [(0.08, 0.08), (0.005, 0.001), (0.001, 0.001)])
def test_a_late_kernel_is_the_networks_and_a_little_is_nothing(took: float, kernel: float) -> None:
    assert list(busy_answers.find(Scene(seen(probes("node02", took, kernel=kernel), WELL)))) == []


def test_what_all_machines_share_is_no_ones() -> None:
    assert list(busy_answers.find(Scene(seen(probes("node02", 0.08), probes("node03", 0.06))))) == []
    assert list(busy_answers.find(Scene(seen(probes("node02", 0.08))))) == []


def test_what_is_sent_again_was_lost() -> None:
    heard, packets = probes("node02", 0.08)
    again: list[tuple[float, Event]] = [
        (moment, TcpRetransmission(*origin(moment, 1, ASKER, "node02"), CLIENT_END, SERVER_END, 100, 1))
        for moment in (31, 33, 35)
    ]
    assert list(busy_answers.find(Scene(seen((heard + again, packets), WELL)))) == []
