from __future__ import annotations

import pytest

from harness.faults.power import Pause
from harness.faults.processes import PauseProcess
from harness.incident.machines import faults as machine_faults
from tests.incident.machines.test_pulses import stamped
from tests.incident.machines.test_quiet import ETCD, stalled
from tests.incident.records import SECOND, Journal, at, every, record

MOMENTS = [*every(0.1, 0, 20), *every(0.1, 26, 40)]


def test_a_machine_whose_clock_stood_still_was_paused() -> None:
    packets = stamped(MOMENTS, [moment if moment < 20 else moment - 6 for moment in MOMENTS])
    (found,) = machine_faults.find(record(packets=packets))
    assert (found.fault, found.ended) == (Pause(("node02",)), at(26))
    assert found.began == pytest.approx(at(19.9), abs=SECOND / 100)


def test_a_machine_whose_clock_went_on_was_cut_off() -> None:
    assert machine_faults.find(record(packets=stamped(MOMENTS, MOMENTS))) == []


def test_a_segment_that_was_late_is_no_pause() -> None:
    moments = every(0.1, 0, 40)
    packets = stamped(moments, [moment if moment != moments[200] else moment - 0.9 for moment in moments])
    assert machine_faults.find(record(packets=packets)) == []


def test_a_segment_that_was_late_as_the_last_of_its_connection_is_no_pause() -> None:
    moments = [*every(0.1, 0, 20), 30.0]
    packets = stamped(moments, [moment if moment < 30 else moment - 1 for moment in moments])
    assert machine_faults.find(record(packets=packets)) == []


def test_one_service_that_stood_still_was_paused() -> None:
    (found,) = machine_faults.find(record(ETCD, packets=stalled()))
    assert (found.fault, found.ended) == (PauseProcess(("node02",), "etcd"), at(26))


def test_all_services_that_stood_still_are_a_paused_machine() -> None:
    journal = Journal("node02").says(0, "hello", by="etcd", unit="etcd.service")
    journal.says(0, "hello", by="redis", unit="redis-server.service")
    packets = [*stalled(), *stalled(6379)]
    (found,) = machine_faults.find(record(journal, packets=packets))
    assert found.fault == Pause(("node02",))
    journal.says(23, "session opened for user root", by="sshd", unit="ssh.service")
    found_with_life = machine_faults.find(record(journal, packets=packets))
    assert {type(one.fault) for one in found_with_life} == {PauseProcess}


def test_segments_that_wait_on_both_sides_of_a_cut_are_no_pause() -> None:
    """Of one connection the first of each time is late, for as long as it lasts; another one has it all again."""
    moments = [*every(0.1, 0, 20), *every(0.1, 22, 24), *every(0.1, 26, 40)]
    ends = [*every(0.1, 0, 20), 22.0, 26.0]
    late = stamped(
        ends, [moment - (1.5 if moment == 22 else 3 if moment == 26 else 0) for moment in ends], (40001, 2380)
    )
    assert machine_faults.find(record(packets=sorted([*stamped(moments, moments), *late]))) == []
