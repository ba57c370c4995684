"""What a disk can't be asked for; that the faults bite is tried on a guest: tests/machines/test_guest.py."""

from __future__ import annotations

import pytest

from harness.errors import LabError
from harness.faults.disks import DiskFull, DiskReadOnly, DiskSlow, DiskStall
from tests.faults.rig import RealRig


def test_a_disk_that_ends_no_request_is_not_slow_but_stalled() -> None:
    with pytest.raises(ValueError, match="requests is 0, expected at least 1 a second"):
        DiskSlow(("node01",), requests=0)


@pytest.mark.kernel
@pytest.mark.parametrize("fault", [DiskStall, DiskSlow, DiskReadOnly])
def test_a_machine_without_a_disk_of_its_own_says_so(
    rig: RealRig, fault: type[DiskStall | DiskSlow | DiskReadOnly]
) -> None:
    (problem,) = fault(("node01",)).problems(rig)
    assert problem.startswith("node01 can't do that: it is no ")


@pytest.mark.kernel
def test_what_has_no_file_system_of_its_own_can_not_be_filled(rig: RealRig) -> None:
    with pytest.raises(LabError, match="node01: its data have no file system of their own"):
        DiskFull(("node01",)).inject(rig)
