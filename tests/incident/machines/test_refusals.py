from __future__ import annotations

import pytest

from harness.faults.fault import Fault
from harness.faults.processes import Kill, Stop
from harness.incident.machines import faults as machine_faults
from harness.incident.observation import Observation
from harness.incident.packet import Packet
from tests.incident.records import T036, Journal, at, every, frames, record

OTHERS = Journal("node01").says(1, "hello", by="etcd", unit="etcd.service")
REFUSED, ACCEPTED, FINISHED = 0x14, 0x12, 0x11


def said(moments: list[float], flags: int = 0x18, payload: int = 100) -> list[Packet]:
    sent = frames(T036, "node02", moments, to="node01", ports=(2380, 40000), flags=flags, payload=payload)
    return [packet._replace(seq=0 if flags == REFUSED else 1 + place * 100) for place, packet in enumerate(sent)]


def ending(back: float) -> list[Packet]:
    """Return what a service's port says that is gone from 20 s on."""
    before, after = said(every(0.1, 0, 20)), said(every(0.1, back + 0.1, 60))
    refused = said(every(0.2, 20.1, back), flags=REFUSED, payload=0)
    return [*before, *said([20], FINISHED, 0), *refused, *said([back], ACCEPTED, 0), *after]


@pytest.mark.parametrize(
    "back,fault,ended",
    [(21.2, Kill(("node02",), "etcd"), None), (30.0, Stop(("node02",), "etcd"), at(30))],
)
def test_a_port_that_refuses_connections_for_a_while_has_lost_its_service(
    back: float, fault: Fault, ended: int | None
) -> None:
    (found,) = machine_faults.find(record(OTHERS, packets=ending(back)))
    assert (found.fault, found.began, found.ended) == (fault, at(20), ended)


def test_where_there_is_a_journal_it_tells_that_better() -> None:
    own = Journal("node02").says(1, "hello", by="systemd", unit="init.scope")
    assert machine_faults.find(record(OTHERS, own, packets=ending(30))) == []


def test_a_port_at_which_nobody_ever_listened_has_lost_nothing() -> None:
    assert machine_faults.find(record(OTHERS, packets=said(every(1, 0, 60), flags=REFUSED, payload=0))) == []


def test_a_connection_that_is_reset_is_no_refusal() -> None:
    resets = [packet._replace(seq=77) for packet in said([20], flags=REFUSED, payload=0)]
    assert machine_faults.find(record(OTHERS, packets=[*said(every(0.1, 0, 60)), *resets])) == []


def test_what_ends_as_the_evidence_ends_is_no_fault() -> None:
    told = machine_faults.told(record(OTHERS, packets=ending(21)[:205], lasts=21))
    assert [(type(one), one.began) for one in told] == [(Observation, at(20))]


def gossip(moments: list[float]) -> list[Packet]:
    return frames(T036, "node02", moments, to="node01", ports=(7946, 7946), carries="udp", flags=0)


def test_who_gossips_no_more_and_refuses_connections_has_stopped() -> None:
    refused = [one._replace(carries="tcp", flags=REFUSED, payload=0) for one in gossip([21.5, 22.5, 24.5])]
    (found,) = machine_faults.find(record(packets=[*gossip(every(1, 0, 21)), *refused]))
    assert (found.fault, found.began, found.ended) == (Stop(("node02",), "serf"), at(20.75), None)


def test_a_kernel_says_of_datagrams_that_nobody_listens() -> None:
    refused = [one._replace(carries="icmp", dst_port=0) for one in gossip([21, 22.5, 25.5])]
    back = gossip(every(1, 30, 60))
    (found,) = machine_faults.find(record(packets=[*gossip(every(1, 0, 21)), *refused, *back]))
    assert (found.fault, found.began, found.ended) == (Stop(("node02",), "serf"), at(20.5), at(30))


def test_who_seldom_speaks_is_called_as_seldom() -> None:
    refused = [one._replace(carries="icmp", dst_port=0) for one in gossip([46.5, 50])]
    assert [one.began for one in machine_faults.find(record(packets=[*gossip(every(6, 0, 45)), *refused]))] == [
        at(44.25)
    ]


def test_a_server_of_names_that_answers_by_udp_alone_goes_on() -> None:
    answers = [one._replace(src_port=53) for one in gossip(every(1, 0, 60))]
    refused = [one._replace(carries="tcp", flags=REFUSED, payload=0, src_port=53) for one in gossip([21.5, 30.5])]
    assert machine_faults.find(record(packets=[*answers, *refused])) == []


def test_a_journal_without_systemds_lines_tells_of_no_end() -> None:
    own = Journal("node02").says(1, "hello", by="etcd", unit="etcd.service")
    assert [one.fault for one in machine_faults.find(record(OTHERS, own, packets=ending(30)))] == [
        Stop(("node02",), "etcd")
    ]
