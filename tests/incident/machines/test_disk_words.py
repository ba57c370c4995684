from __future__ import annotations

import pytest

from harness.faults.disks import DiskFull, DiskReadOnly, DiskStall
from harness.faults.fault import Fault
from harness.incident.machines.disk_words import Ail, Complaint, complaint
from tests.incident.machines.test_disks import SYNC, WHO, found
from tests.incident.records import SECOND, Journal


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


@pytest.mark.parametrize(
    "by,message,told",
    [
        ("etcd", SYNC % "1.5s", Complaint(Ail.SLOW, 3 * SECOND // 2, over=True)),
        ("kernel", "INFO: task jbd2/vda2-8:189 blocked for more than 120 seconds.", Complaint(Ail.SLOW, 120 * SECOND)),
        ("kernel", "blk_update_request: I/O error, dev sda, sector 2048", Complaint(Ail.ERROR)),
        ("etcd", "ready to serve client requests", None),
    ],
)
def test_what_is_complained_of_and_for_how_long(by: str, message: str, told: Complaint | None) -> None:
    (line,) = Journal("node03").says(20, message, by=by).lines
    assert complaint(line) == told
