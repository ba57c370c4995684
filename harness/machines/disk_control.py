"""The disk of a running guest, seen and slowed down from outside: nothing inside of the guest takes part.

Source: QEMU, "QMP Reference Manual" (``block_set_io_throttle``, ``query-blockstats``, ``x-query-virtio-queue-status``).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from harness.machines.protocol import Activity

if TYPE_CHECKING:
    from harness.machines.monitor import Monitor

DISK = "/machine/peripheral/virtio-disk0/virtio-backend"
"""Where QEMU has the device behind ``vda``, by the name that libvirt gives it."""

KINDS = ("rd", "wr", "flush")
NO_LIMIT = dict.fromkeys(("bps", "bps_rd", "bps_wr", "iops", "iops_rd", "iops_wr"), 0)


def throttle(monitor: Monitor, *, requests: int = 0, octets: int = 0) -> None:
    """Let so many requests and bytes through each second; 0 is no limit. What waits goes on when a limit is lifted.

    Raises `LabError` where QEMU refuses.
    """
    monitor.call("block_set_io_throttle", {"id": DISK, **NO_LIMIT, "iops": requests, "bps": octets})


def activity(monitor: Monitor, queues: int) -> Activity:
    """Return what the disk has done since power-on; a request that waits for the throttle has not ended."""
    stats = next(one["stats"] for one in monitor("query-blockstats") if one.get("qdev") == DISK)
    took = sum(stats[f"{kind}_total_time_ns"] for kind in KINDS)
    waiting = [monitor("x-query-virtio-queue-status", path=DISK, queue=number)["inuse"] for number in range(queues)]
    return Activity(
        requests=sum(stats[f"{kind}_operations"] for kind in KINDS),
        took=timedelta(microseconds=took / 1000),
        waiting=sum(waiting),
    )
