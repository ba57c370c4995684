from __future__ import annotations

import pytest

from harness.faults.pressure import MemoryPressure
from harness.faults.processes import Kill
from harness.incident.machines import faults as machine_faults
from tests.incident.records import Journal, at, record

KILLED = "Out of memory: Killed process 412 (etcd) total-vm:11262340kB, anon-rss:812340kB, file-rss:0kB, shmem-rss:0kB"


def test_memory_that_ran_out_is_told_by_the_kernel_and_who_was_killed_is_no_fault() -> None:
    journal = Journal("node01").says(30, "etcd invoked oom-killer: gfp_mask=0x140cca, order=0", by="kernel")
    journal.says(30.5, KILLED, by="kernel").says(30.6, "etcd.service: Main process exited, code=killed, status=9/KILL")
    (found,) = machine_faults.find(record(journal))
    assert (found.fault, found.began, found.ended) == (MemoryPressure(("node01",)), at(30), at(30.5))


def test_a_service_that_reached_its_own_limit_leaves_the_machine_alone() -> None:
    journal = Journal("node01").says(30, "shop invoked oom-killer: gfp_mask=0xcc0", by="kernel")
    journal.says(30.1, "Memory cgroup out of memory: Killed process 99 (shop) total-vm:1kB", by="kernel")
    assert machine_faults.find(record(journal)) == []
    journal.says(30.2, "shop.service: Main process exited, code=killed, status=9/KILL")
    assert [found.fault for found in machine_faults.find(record(journal))] == [Kill(("node01",), "shop")]


def test_shortages_that_lie_apart_are_two() -> None:
    journal = Journal("node01").says(10, KILLED, by="kernel").says(90, KILLED, by="kernel")
    assert [found.began for found in machine_faults.find(record(journal))] == [at(10), at(90)]


@pytest.mark.parametrize("by", ["shop", "etcd"])
def test_who_only_speaks_of_memory_is_not_believed(by: str) -> None:
    assert machine_faults.find(record(Journal("node01").says(10, KILLED, by=by))) == []


DENIED = "Can't save in background: fork: Cannot allocate memory"


def test_programs_that_get_no_memory_tell_it_and_one_alone_in_doubt() -> None:
    journal = Journal("node01").says(10, DENIED, by="redis-server").says(12, DENIED, by="redis-server")
    (alone,) = machine_faults.find(record(journal))
    assert (alone.fault, alone.began, alone.ended) == (MemoryPressure(("node01",)), at(10), at(12))
    assert alone.confidence < 0.5
    (both,) = machine_faults.find(record(journal.says(13, "Failed to fork: Cannot allocate memory")))
    assert (both.ended, both.confidence >= 0.5) == (at(13), True)


def test_a_kernel_that_finds_no_page_is_short_of_memory() -> None:
    journal = Journal("node01").says(10, "kworker/0:1: page allocation failure: order:0, mode:0x820", by="kernel")
    (found,) = machine_faults.find(record(journal))
    assert (found.fault, found.confidence >= 0.5) == (MemoryPressure(("node01",)), True)
