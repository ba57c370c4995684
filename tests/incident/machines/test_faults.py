from __future__ import annotations

from harness.faults.power import PowerCut
from harness.incident.machines import faults as machine_faults
from tests.incident.records import T036, Journal, every, frames, record


def test_findings_come_by_time() -> None:
    early, late = Journal("node03").says(20, "x"), Journal("node01").says(40, "x")
    again = [early.reboots(70).says(72, "Journal started"), late.reboots(75).says(77, "Journal started")]
    found = machine_faults.find(record(early, late, *again))
    assert [one.fault for one in found] == [PowerCut(("node03",)), PowerCut(("node01",))]


def test_a_run_in_which_nothing_happened_tells_of_nothing() -> None:
    journals = [Journal(name) for name in ("node01", "node02", "node03")]
    for journal in journals:
        for moment in every(5, 0, 120):
            journal.says(moment, "saved snapshot at index 10", by="etcd", unit="etcd.service")
    sent = [packet for journal in journals for packet in frames(T036, journal.host, every(0.1, 0, 120))]
    told = record(*journals, packets=sent)
    assert machine_faults.find(told) == []
    assert machine_faults.observe(told) == []
