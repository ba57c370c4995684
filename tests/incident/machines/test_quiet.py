from __future__ import annotations

from harness.incident.machines.quiet import quiets
from harness.incident.machines.scene import Scene
from harness.incident.packet import Packet
from tests.incident.records import T036, Journal, at, every, frames, record

ACK, PUSH, RESET = 0x10, 0x18, 0x04


def spoken(machine: str, moments: list[float], *, to: str, port: int = 2380, payload: int = 100) -> list[Packet]:
    """Return what a machine's service says on its connection to another's, each time something new."""
    sent = frames(T036, machine, moments, to=to, ports=(40000, port), payload=payload, flags=PUSH if payload else ACK)
    return [packet._replace(seq=1 + place * payload) for place, packet in enumerate(sent)]


def stalled(port: int = 2380, *, kernel: bool = True) -> list[Packet]:
    """Return how node02's service says nothing from 20 to 26 s, and is asked by node01 all the while."""
    acks = [] if not kernel else spoken("node02", every(0.3, 20, 26), to="node01", port=port, payload=0)
    return [
        *spoken("node02", [*every(0.1, 0, 20), *every(0.1, 26, 40)], to="node01", port=port),
        *spoken("node01", every(0.1, 0, 40), to="node02", port=port),
        *acks,
    ]


ETCD = Journal("node02").says(0, "hello", by="etcd", unit="etcd.service")


def test_a_service_that_is_asked_and_does_not_answer_is_quiet() -> None:
    (found,) = quiets(Scene(record(ETCD, packets=stalled())), "node02")
    assert (found.service, found.after.time, found.others) == ("etcd", at(26), None)
    assert at(19.8) < found.before.time < at(20)
    assert len(found.evidence) == 4


def test_a_machine_whose_kernel_does_nothing_either_is_cut_off_or_gone() -> None:
    assert list(quiets(Scene(record(ETCD, packets=stalled(kernel=False))), "node02")) == []


def test_what_a_kernel_sends_again_is_no_word_of_the_service() -> None:
    packets = stalled()
    last = max(packet for packet in packets if packet.payload and packet.src_port == 40000 and packet.time < at(20))
    again = [last._replace(time=at(moment), frame=9000 + place) for place, moment in enumerate((21, 23))]
    (found,) = quiets(Scene(record(ETCD, packets=[*packets, *again])), "node02")
    assert found.after.time == at(26)


def test_a_service_that_ended_is_not_quiet() -> None:
    end = frames(T036, "node02", [20.05], to="node01", payload=0, flags=RESET | ACK)
    assert list(quiets(Scene(record(ETCD, packets=[*stalled(), *end])), "node02")) == []


def test_a_service_that_seldom_speaks_is_not_quiet() -> None:
    packets = [*spoken("node02", every(5, 0, 40), to="node01"), *spoken("node01", every(1, 0, 40), to="node02")]
    packets += spoken("node02", every(1, 0, 40), to="node01", payload=0)
    assert list(quiets(Scene(record(ETCD, packets=packets)), "node02")) == []


def test_a_service_is_quiet_though_another_of_the_machine_asks_its_like_elsewhere() -> None:
    redis = Journal("node02").says(0, "hello", by="redis-server", unit="redis-server.service")
    served = [
        one._replace(src_port=6379, dst_port=40000)
        for one in spoken("node02", [*every(0.1, 0, 20), *every(0.1, 26, 40)], to="node01")
    ]
    acks = [
        one._replace(src_port=6379, dst_port=40000)
        for one in spoken("node02", every(0.3, 20, 26), to="node01", payload=0)
    ]
    asked = spoken("node01", every(0.1, 0, 40), to="node02", port=6379)
    sentinel = spoken("node02", every(0.5, 0, 40), to="node01", port=6379)
    (found,) = quiets(Scene(record(redis, packets=[*served, *acks, *asked, *sentinel])), "node02")
    assert (found.service, found.after.time) == ("redis-server", at(26))
    assert found.others is not None
    assert found.others < 2 * 10**9
