from __future__ import annotations

from harness.incident.machines.disk_waits import Wait, waited, waits
from tests.incident.machines.test_disks import LEADER, SYNC
from tests.incident.records import SECOND, Journal, at

OLD_LEADER = "failed to send out heartbeat on time (exceeded the 100ms timeout for 1.9s, to 6f2)"


def told(journal: Journal, began: float, ended: float) -> list[tuple[int, int]]:
    return [(one.began, one.ended) for one in waits(journal.lines, at(began), at(ended))]


def test_waits_that_follow_one_upon_another_are_one_trouble() -> None:
    journal = Journal("node03").says(8, OLD_LEADER, by="etcd").says(12, LEADER % "2.8s", by="etcd")
    journal.says(15, SYNC % "2s", by="etcd").says(90, SYNC % "2s", by="etcd")
    assert told(journal, 13, 15) == [(at(6), at(8)), (at(9), at(12)), (at(13), at(15))]


def test_a_journal_that_took_nothing_for_long_waited_from_what_it_had_taken_last() -> None:
    journal = Journal("node03").says(10, "a", by="etcd").says(8, "b", by="etcd", delay=9)
    journal.says(11, "c", by="etcd", delay=6.1)
    assert told(journal, 12, 12) == [(at(10), at(17))]


def test_what_the_kernel_said_is_taken_whenever_it_is_read() -> None:
    journal = Journal("node03").says(10, "a", by="etcd").says(11, "b", by="kernel", delay=9)
    assert told(journal, 10, 12) == []


def test_what_waited_at_one_time_counts_once() -> None:
    (line,) = Journal("node03").says(1, "x").lines
    assert waited([Wait(at(3), at(7), line), Wait(at(1), at(4), line), Wait(at(9), at(10), line)]) == 7 * SECOND
