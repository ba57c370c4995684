from __future__ import annotations

import pytest

from harness.faults.processes import Kill, Restart, Stop
from harness.incident.machines import faults as machine_faults
from tests.incident.records import Journal, at, record

ETCD = "etcd.service - etcd - highly-available key value store"


def killed(journal: Journal, moment: float, unit: str = "etcd.service") -> Journal:
    """What Debian 12's systemd says of a service that somebody killed, and that it restarts."""
    journal.says(moment, f"{unit}: Main process exited, code=killed, status=9/KILL")
    journal.says(moment + 0.1, f"{unit}: Failed with result 'signal'.")
    journal.says(moment + 1.5, f"{unit}: Scheduled restart job, restart counter is at 1.")
    journal.says(moment + 1.6, f"Stopped {unit} - a service.")
    return journal.says(moment + 1.7, f"Started {unit} - a service.")


def stopped(journal: Journal, moment: float, back: float | None, what: str = ETCD) -> Journal:
    journal.says(moment, f"Stopping {what}...")
    journal.says(moment + 0.3, f"{what.split(maxsplit=1)[0]}: Deactivated successfully.")
    journal.says(moment + 0.4, f"Stopped {what}.")
    if back is not None:
        journal.says(back, f"Starting {what}...").says(back + 0.2, f"Started {what}.")
    return journal


def test_a_service_that_died_of_a_signal_was_killed() -> None:
    (found,) = machine_faults.find(record(killed(Journal("node01").says(1, "x"), 30)))
    assert (found.fault, found.began, found.ended) == (Kill(("node01",), "etcd"), at(30), None)


def test_a_service_that_a_person_started_again_was_gone_until_then() -> None:
    journal = Journal("node01").says(30, "etcd.service: Main process exited, code=killed, status=9/KILL")
    (found,) = machine_faults.find(record(journal.says(36, f"Started {ETCD}.")))
    assert (found.fault, found.began, found.ended) == (Kill(("node01",), "etcd"), at(30), at(36))


def test_a_kill_of_what_would_not_stop_is_part_of_the_stop() -> None:
    journal = Journal("node01").says(30, f"Stopping {ETCD}...")
    journal.says(32, "etcd.service: Main process exited, code=killed, status=9/KILL").says(32.1, f"Stopped {ETCD}.")
    (found,) = machine_faults.find(record(journal.says(50, f"Starting {ETCD}...")))
    assert (found.fault, found.began, found.ended) == (Stop(("node01",), "etcd"), at(30), at(50))


def test_a_stop_lasts_until_the_service_is_started_again() -> None:
    (found,) = machine_faults.find(record(stopped(Journal("node02"), 30, 45)))
    assert (found.fault, found.began, found.ended) == (Stop(("node02",), "etcd"), at(30), at(45))


def test_what_is_not_started_again_is_stopped_to_the_end() -> None:
    (found,) = machine_faults.find(record(stopped(Journal("node02"), 30, None)))
    assert (found.fault, found.ended) == (Stop(("node02",), "etcd"), None)


def test_what_is_stopped_as_the_evidence_ends_is_no_fault() -> None:
    told = record(stopped(Journal("node02"), 118, None))
    assert machine_faults.find(told) == []
    assert [seen.what for seen in machine_faults.observe(told)] == ["etcd was stopped as the evidence ends"]


def test_a_service_that_starts_at_once_was_restarted() -> None:
    (found,) = machine_faults.find(record(stopped(Journal("node02"), 30, 30.5)))
    assert (found.fault, found.began, found.ended) == (Restart(("node02",), "etcd"), at(30), None)


def test_services_that_stop_with_their_machine_are_no_fault() -> None:
    old = stopped(Journal("node02"), 30, None).says(31, "Reached target shutdown.target - System Shutdown.")
    assert machine_faults.find(record(old, old.reboots(50).says(53, "Linux version 6.1.0", by="kernel"))) == []


def test_an_upgrade_is_told_and_no_fault() -> None:
    journal = Journal("node02").says(28, "    root : COMMAND=/usr/bin/apt-get upgrade -y", by="sudo")
    told = record(stopped(journal, 30, 31))
    assert machine_faults.find(told) == []
    (seen,) = machine_faults.observe(told)
    assert seen.what == "etcd was restarted while packages were installed"


@pytest.mark.parametrize("unit", ["systemd-timesyncd.service", "apt-daily.service", "ssh.service", "user@0.service"])
def test_housekeeping_is_no_fault(unit: str) -> None:
    assert machine_faults.find(record(stopped(Journal("node02"), 30, 40, f"{unit} - Something"))) == []


def test_a_service_without_systemd_that_starts_twice_was_killed() -> None:
    journal = Journal("node03").says(1, "starting an etcd server", by="etcd", unit="etcd.service")
    journal.says(30, "starting an etcd server", by="etcd", unit="etcd.service")
    (found,) = machine_faults.find(record(journal))
    assert (found.fault, found.began) == (Kill(("node03",), "etcd"), at(30))


def test_a_service_that_says_goodbye_itself_was_stopped() -> None:
    journal = Journal("node03").says(1, "starting an etcd server", by="etcd", unit="etcd.service")
    journal.says(20, "received terminated signal, shutting down...", by="etcd", unit="etcd.service")
    journal.says(30, "starting an etcd server", by="etcd", unit="etcd.service")
    (found,) = machine_faults.find(record(journal))
    assert (found.fault, found.began, found.ended) == (Stop(("node03",), "etcd"), at(20), at(30))


def test_a_service_that_memory_ran_out_for_was_not_killed_by_anybody() -> None:
    journal = Journal("node01").says(29, "Out of memory: Killed process 412 (etcd) total-vm:10GB", by="kernel")
    assert not any(isinstance(found.fault, Kill) for found in machine_faults.find(record(killed(journal, 30))))
