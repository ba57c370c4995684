from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.faults.disks import DiskFull, DiskReadOnly, DiskSlow, DiskStall
from harness.faults.fault import Fault
from harness.incident.machines import faults as machine_faults
from tests.incident.records import Journal, at, record

SYNC = '{"level":"warn","caller":"wal/wal.go:808","msg":"slow fdatasync","took":"%s","expected-duration":"1s"}'
WHO = ("node03",)


def found(*said: tuple[float, str, str]) -> list[Fault]:
    journal = Journal("node03")
    for moment, by, message in said:
        journal.says(moment, message, by=by, unit="" if by == "kernel" else f"{by}.service")
    return [one.fault for one in machine_faults.find(record(journal))]


@pytest.mark.parametrize(
    "by,message,fault",
    [
        (
            "etcd",
            '{"msg":"failed to save Raft hard state","error":"write x.wal: no space left on device"}',
            DiskFull(WHO),
        ),
        ("systemd-journald", "Failed to create new system journal: No space left on device", DiskFull(WHO)),
        ("kernel", "EXT4-fs (dm-1): Remounting filesystem read-only", DiskReadOnly(WHO)),
        ("kernel", "Aborting journal on device dm-1-8.", DiskReadOnly(WHO)),
        ("redis-server", "Write error saving DB on disk: Read-only file system", DiskReadOnly(WHO)),
        ("etcd", SYNC % "6.434988836s", DiskStall(WHO)),
        ("etcd", "wal: sync duration of 8.123s, expected less than 1s", DiskStall(WHO)),
        ("kernel", "INFO: task jbd2/vda2-8:189 blocked for more than 120 seconds.", DiskStall(WHO)),
        ("kernel", "nvme nvme0: I/O 12 QID 2 timeout, aborting", DiskStall(WHO)),
    ],
)
def test_what_a_complaint_says_of_a_disk(by: str, message: str, fault: Fault) -> None:
    assert found((150, by, message)) == [fault]


def test_a_stall_began_when_the_write_that_took_so_long_did() -> None:
    journal = Journal("node03").says(50, SYNC % "8s", by="etcd", unit="etcd.service")
    (one,) = machine_faults.find(record(journal))
    assert (one.fault, one.began, one.ended) == (DiskStall(WHO), at(42), at(50))


def test_many_slow_writes_are_a_slow_disk_and_a_single_one_is_none() -> None:
    slow = [(20.0 + place, "etcd", SYNC % "1.4s") for place in range(5)]
    assert found(*slow) == [DiskSlow(WHO)]
    assert found(slow[0]) == []


def test_a_single_write_that_took_seconds_is_told_and_is_too_little_to_be_done_again() -> None:
    journal = Journal("node03").says(50, SYNC % "3.414320777s", by="etcd", unit="etcd.service")
    (one,) = machine_faults.find(record(journal))
    assert one.fault == DiskSlow(WHO)
    assert one.confidence < 0.5


def test_complaints_that_lie_apart_are_about_two_troubles() -> None:
    assert (
        found((20, "etcd", "no space left on device"), (90, "etcd", "no space left on device")) == [DiskFull(WHO)] * 2
    )


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


def test_errors_of_a_disk_are_told() -> None:
    journal = Journal("node03").says(20, "blk_update_request: I/O error, dev sda, sector 2048", by="kernel")
    (seen,) = machine_faults.observe(record(journal))
    assert (seen.what, machine_faults.find(record(journal))) == ("its disk had errors", [])


@given(st.text())
def test_no_message_breaks_it(message: str) -> None:
    found((20, "kernel", message))
