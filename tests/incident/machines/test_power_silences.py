from __future__ import annotations

from harness.faults.power import PowerCut
from harness.incident.machines import faults as machine_faults
from harness.incident.machines.scene import NO_ADDRESS
from harness.incident.packet import Packet
from tests.incident.records import T036, Journal, at, every, frames, record

FIN = 0x01
RESET = 0x14


def others(until: float = 120) -> list[Packet]:
    return frames(T036, "node01", every(0.1, 0, until), to="node02")


def spoke() -> list[Packet]:
    return frames(T036, "node02", [*every(0.1, 0, 30), *every(0.1, 51, 80)])


def test_a_machine_that_has_no_address_after_its_silence_had_no_power() -> None:
    fresh = frames(T036, "node02", [50], src=min(NO_ADDRESS), carries="udp")
    (found,) = machine_faults.find(record(packets=[*others(), *spoke(), *fresh], lasts=80))
    assert (found.fault, found.ended) == (PowerCut(("node02",)), at(50))
    assert at(29.8) < found.began < at(30)


def test_a_machine_that_takes_its_time_to_start_lost_its_power_once() -> None:
    fresh = frames(T036, "node02", [40], src=min(NO_ADDRESS), carries="udp")
    (found,) = machine_faults.find(record(packets=[*others(), *spoke(), *fresh], lasts=80))
    assert found.ended == at(40)


def test_a_machine_that_knows_nothing_of_its_connections_had_no_power() -> None:
    fresh = frames(T036, "node02", [50], flags=RESET, payload=0)
    (found,) = machine_faults.find(record(packets=[*others(), *spoke(), *fresh], lasts=80))
    assert (found.fault, found.ended) == (PowerCut(("node02",)), at(50))


def test_a_machine_that_goes_on_where_it_was_was_cut_off() -> None:
    assert machine_faults.find(record(packets=[*others(), *spoke()], lasts=80)) == []


def connections(moments: list[float], first: int) -> list[Packet]:
    return [packet for port in range(4) for packet in frames(T036, "node02", moments, ports=(first + port, 2380))]


def test_a_machine_of_whose_connections_none_goes_on_had_no_power() -> None:
    packets = [*others(), *connections(every(0.1, 0, 30), 40000), *connections(every(0.1, 36, 80), 50000)]
    (found,) = machine_faults.find(record(packets=packets, lasts=80))
    assert (found.fault, found.ended) == (PowerCut(("node02",)), at(36))
    kept = [*packets, *connections([37], 40000)]
    assert machine_faults.find(record(packets=kept, lasts=80)) == []


def test_connections_that_were_closed_are_not_forgotten() -> None:
    before = [*connections(every(0.1, 0, 30), 40000), *connections([30], 40000)]
    closed = [packet._replace(flags=packet.flags | FIN) if packet.time >= at(30) else packet for packet in before]
    packets = [*others(), *connections(every(0.1, 36, 80), 50000)]
    assert machine_faults.find(record(packets=[*packets, *closed], lasts=80)) == []


def test_a_machine_whose_journal_goes_on_meanwhile_was_cut_off() -> None:
    fresh = frames(T036, "node02", [50], flags=RESET, payload=0)
    journal = Journal("node02").says(40, "lost the TCP streaming connection", by="etcd")
    assert machine_faults.find(record(journal, packets=[*others(), *spoke(), *fresh], lasts=80)) == []


def test_a_machine_that_never_speaks_again_is_off() -> None:
    journal = Journal("node02").says(29, "applied", by="etcd")
    packets = [*others(), *frames(T036, "node02", every(0.1, 0, 30))]
    (found,) = machine_faults.find(record(journal, packets=packets))
    assert (found.fault, found.ended) == (PowerCut(("node02",)), None)


def test_without_its_journal_it_may_have_been_cut_off_for_good() -> None:
    (found,) = machine_faults.find(record(packets=[*others(), *frames(T036, "node02", every(0.1, 0, 30))]))
    assert (found.fault, found.ended) == (PowerCut(("node02",)), None)
    assert found.confidence < 0.5


def test_a_machine_that_was_switched_off_in_good_order_is_not_told() -> None:
    journal = Journal("node02").says(29, "The system will power off now!", by="systemd-logind")
    packets = [*others(), *frames(T036, "node02", every(0.1, 0, 30))]
    assert machine_faults.find(record(journal, packets=packets)) == []


def test_a_capture_that_ends_early_tells_of_nobody() -> None:
    journal = Journal("node02").says(29, "applied", by="etcd")
    packets = [*others(30), *frames(T036, "node02", every(0.1, 0, 30))]
    assert machine_faults.find(record(journal, packets=packets)) == []


def test_what_no_capture_was_there_to_see_is_no_silence() -> None:
    fresh = frames(T036, "node02", [50], src=min(NO_ADDRESS), carries="udp")
    packets = [*others(), *spoke(), *fresh]
    later = [one._replace(capture="later.pcap") for one in packets if one.time > at(40)]
    first = [one for one in packets if one.time <= at(30)]
    assert machine_faults.find(record(packets=[*first, *later], lasts=80)) == []
    rotated = [one._replace(capture="later.pcap") if one.time > at(40) else one for one in packets]
    assert [one.fault for one in machine_faults.find(record(packets=rotated, lasts=80))] == [PowerCut(("node02",))]


def test_a_machine_that_waited_and_gave_up_asks_for_an_address_anew_and_had_power() -> None:
    gave_up = frames(T036, "node02", [49.9], flags=0x11, payload=0)
    fresh = frames(T036, "node02", [50], src=min(NO_ADDRESS), carries="udp")
    assert machine_faults.find(record(packets=[*others(), *spoke(), *gave_up, *fresh], lasts=80)) == []
