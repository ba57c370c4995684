from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.faults.disks import DiskFull, DiskReadOnly, DiskSlow, DiskStall
from harness.faults.fault import Fault
from harness.incident.machines import faults as machine_faults
from tests.incident.records import T036, Journal, at, every, frames, record

SYNC = '{"level":"warn","caller":"wal/wal.go:808","msg":"slow fdatasync","took":"%s","expected-duration":"1s"}'
LEADER = (
    '{"level":"warn","msg":"failed to send out heartbeat on time; took too long, leader is overloaded likely from slow'
    ' disk","to":"638","heartbeat-interval":"100ms","expected-duration":"200ms","exceeded-duration":"%s"}'
)
WHO = ("node03",)


def found(*said: tuple[float, str, str]) -> list[Fault]:
    journal = Journal("node03")
    for moment, by, message in said:
        journal.says(moment, message, by=by, unit="" if by == "kernel" else f"{by}.service")
    return [one.fault for one in machine_faults.find(record(journal))]


def test_a_stall_began_when_the_write_that_took_so_long_did() -> None:
    journal = Journal("node03").says(50, SYNC % "8s", by="etcd", unit="etcd.service")
    (one,) = machine_faults.find(record(journal))
    assert (one.fault, one.began, one.ended) == (DiskStall(WHO), at(42), at(50))


def test_many_slow_writes_are_a_slow_disk_and_a_single_one_is_none() -> None:
    slow = [(20.0 + 1.5 * place, "etcd", SYNC % "1.4s") for place in range(5)]
    assert found(*slow) == [DiskSlow(WHO, requests=3)]
    assert found(slow[0]) == []


def test_a_single_write_that_took_seconds_is_told_and_is_too_little_to_be_done_again() -> None:
    journal = Journal("node03").says(50, SYNC % "3.414320777s", by="etcd", unit="etcd.service")
    (one,) = machine_faults.find(record(journal))
    assert one.fault == DiskSlow(WHO, requests=1)
    assert one.confidence < 0.5


def test_a_write_that_took_as_long_as_a_stall_is_none_where_others_ended_meanwhile() -> None:
    journal = Journal("node03").says(43.3, LEADER % "3.2s", by="etcd").says(52.4, SYNC % "9s", by="etcd")
    journal.says(49, "apply request took too long", by="etcd", delay=8)
    (one,) = machine_faults.find(record(journal))
    assert (one.fault, one.began, one.ended) == (DiskSlow(WHO, requests=1), at(39.9), at(57))
    assert one.confidence >= 0.5
    assert [evidence.shows for evidence in one.evidence] == [
        "etcd waited 3.40 s until then",
        "etcd waited 9.00 s until then",
        "etcd waited 4.60 s until then",
    ]


def test_a_leader_that_was_held_up_by_a_stall_waited_for_the_same() -> None:
    journal = Journal("node03").says(50, LEADER % "6.5s", by="etcd").says(50, SYNC % "8s", by="etcd")
    (one,) = machine_faults.find(record(journal))
    assert (one.fault, one.began, one.ended) == (DiskStall(WHO), at(42), at(50))


def test_complaints_that_lie_apart_are_about_two_troubles_where_something_was_written_in_between() -> None:
    full, saved = "no space left on device", "saved snapshot at index 312"
    assert found((20, "etcd", full), (60, "etcd", saved), (90, "etcd", full)) == [DiskFull(WHO)] * 2
    assert found((20, "etcd", full), (60, "etcd", "became follower"), (90, "etcd", full)) == [DiskFull(WHO)]


def test_a_full_disk_has_room_again_when_who_complained_starts_and_does_not_complain() -> None:
    journal = Journal("node03").says(20, "cannot commit tx: no space left on device", by="etcd", unit="etcd.service")
    for moment in (22, 42):
        journal.says(moment, "Started etcd.service - etcd.", unit="etcd.service")
    journal.says(23, "open db: no space left on device", by="etcd", unit="etcd.service")
    (one,) = machine_faults.find(record(journal))
    assert (one.fault, one.began, one.ended) == (DiskFull(WHO), at(20), at(42))
    assert one.evidence[-2].shows == "the last complaint"
    assert one.evidence[-1].shows.startswith("there is room again, maybe since 19.0 s before: Started etcd")


def test_a_disk_of_which_nothing_was_heard_any_more_stays_full() -> None:
    journal = Journal("node03").says(20, "no space left on device", by="etcd", unit="etcd.service")
    (one,) = machine_faults.find(record(journal.says(90, "Started x.service.", unit="x.service")))
    assert one.ended is None
    journal.says(95, "became follower at term 2", by="etcd", unit="etcd.service")
    (one,) = machine_faults.find(record(journal))
    assert one.ended == at(20)


@pytest.mark.parametrize(
    "message",
    [
        "Failed to add inotify watch: No space left on device",
        "Failed to write /proc/sys/kernel/core_pattern: Read-only file system",
        "EXT4-fs (vda2): mounted filesystem with ordered data mode. Quota mode: none.",
        "EXT4-fs (vda2): re-mounted. Quota mode: none.",
    ],
)
def test_what_is_about_no_disk_is_no_trouble(message: str) -> None:
    assert found((20, "systemd", message)) == []


def test_a_disk_is_read_only_until_its_machine_was_last_heard_before_it_starts_again() -> None:
    old = Journal("node03").says(20, "EXT4-fs (dm-1): Remounting filesystem read-only", by="kernel")
    new = old.reboots(40).says(41, "Linux version 6.1.0-28-amd64", by="kernel")
    sent = frames(T036, "node03", [*every(0.1, 0, 30), *every(0.1, 50, 60)])
    one, *_ = machine_faults.find(record(old, new, packets=sent))
    assert (one.fault, one.ended) == (DiskReadOnly(WHO), at(29.9))


def test_errors_of_a_disk_are_told() -> None:
    journal = Journal("node03").says(20, "blk_update_request: I/O error, dev sda, sector 2048", by="kernel")
    (seen,) = machine_faults.observe(record(journal))
    assert (seen.what, machine_faults.find(record(journal))) == ("its disk had errors", [])


@given(st.text())
def test_no_message_breaks_it(message: str) -> None:
    found((20, "kernel", message))
