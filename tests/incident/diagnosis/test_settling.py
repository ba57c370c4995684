from __future__ import annotations

from harness.incident.diagnosis.settling import STARTED, Reboot, Settling
from tests.incident.records import Journal, at, record


def of(*journals: Journal) -> Settling:
    return Settling.of(record(*journals))


def rebooted(kernel: float, finished: float | None = None) -> tuple[Journal, Journal]:
    old = Journal("node02").says(1, "hello", by="etcd")
    new = old.reboots(kernel).says(kernel + 2, "Linux version 6.1.0-56-cloud-amd64", by="kernel")
    if finished is not None:
        new.says(finished, "Startup finished in 3.507s (kernel) + 29.178s (userspace) = 32.686s.", message_id=STARTED)
    return old, new.says(kernel + 60, "hello again", by="etcd")


def test_a_machine_has_settled_when_all_units_have_started() -> None:
    settling = of(*rebooted(40, 72))
    assert settling.after({"node02"}, at(30), at(35)) == at(72)
    assert settling.after({"node01"}, at(30), at(35)) == at(35)


def test_where_that_is_not_told_it_has_not_settled_by_then() -> None:
    assert of(*rebooted(40)).after({"node02"}, at(30), at(35)) == at(100)


def test_a_start_before_or_long_after_is_another_ones() -> None:
    assert of(*rebooted(40, 72)).after({"node02"}, at(41), at(45)) == at(45)
    assert of(*rebooted(340, 372)).after({"node02"}, at(30), at(35)) == at(35)


def test_a_users_own_systemd_is_not_the_machines() -> None:
    old, new = rebooted(40)
    new.says(50, "Startup finished in 120ms.", unit="user@0.service", message_id=STARTED)
    assert of(old, new).after({"node02"}, at(30), at(35)) == at(100)


def test_a_reboot_in_good_order_goes_from_its_goodbye_until_all_has_started() -> None:
    old, new = rebooted(40, 72)
    assert of(old, new).reboots == {"node02": []}
    old.says(30, "Reached target shutdown.target - System Shutdown.", by="systemd")
    assert of(old, new).reboots == {"node02": [Reboot(at(30), at(72))]}
