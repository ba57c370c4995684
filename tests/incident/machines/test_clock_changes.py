from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from harness.faults.clocks import ClockJump
from harness.incident.files.folder import open_incident
from harness.incident.machines import faults as machine_faults
from harness.incident.reading import record_of
from harness.incident.stated_time import Stated
from tests.incident.records import SECOND, T036, Journal, at, every, record


def ticking(journal: Journal, began: float, ended: float, ahead: float = 0.0) -> Journal:
    for moment in every(1, began, ended):
        journal.says(moment, "apply request took too long", by="etcd", unit="etcd.service", ahead=ahead)
    return journal


@pytest.mark.parametrize("by,way", [(3600.0, "forward"), (-20.0, "back"), (0.8, "forward")])
def test_a_clock_that_is_set_and_set_back_jumped_in_between(by: float, way: str) -> None:
    journal = ticking(ticking(ticking(Journal("node03"), 0, 30), 30, 50, by), 50, 80)
    (found,) = machine_faults.find(record(journal))
    assert found.fault == ClockJump(("node03",), timedelta(seconds=abs(by)), way)  # type: ignore[arg-type]
    assert found.began == pytest.approx(at(29.5), abs=SECOND / 2)
    assert found.ended == pytest.approx(at(49.5), abs=SECOND / 2)


def test_a_jump_that_nobody_takes_back_is_in_force_to_the_end() -> None:
    (found,) = machine_faults.find(record(ticking(ticking(Journal("node03"), 0, 30), 30, 80, 60)))
    assert (found.fault, found.ended) == (ClockJump(("node03",), timedelta(minutes=1)), None)


def test_a_line_about_it_says_when_it_was() -> None:
    journal = ticking(Journal("node03"), 0, 30).says(
        36.2, "Time jumped backwards, rotating.", by="systemd-journald", ahead=-9
    )
    (found,) = machine_faults.find(record(ticking(journal, 40, 60, -9)))
    assert found.began == at(36.2)


@pytest.mark.parametrize("by", [40.0, -25.0])
def test_what_a_machine_says_of_the_time_on_the_wire_tells_closer_when_its_clock_was_set(by: float) -> None:
    journal = Journal("node02").says(3.7, "apply request took too long", by="etcd")
    journal.says(9.4, "apply request took too long", by="etcd", ahead=by).says(20, "it goes on", ahead=by)
    address = str(T036.machine("node02").nics[0].address)
    moments = [(moment, by if moment > 7.5 else 0.0) for moment in every(0.9, 0.3, 12)]
    stated = [Stated(at(moment), address, at(moment + ahead) // SECOND * SECOND) for moment, ahead in moments]
    (found,) = machine_faults.find(replace(record(journal), stated=stated))
    assert found.began == pytest.approx(at(7.5), abs=SECOND / 2)


def test_a_small_step_is_not_told_by_whole_seconds() -> None:
    journal = ticking(ticking(Journal("node02"), 0, 10), 10, 20, 2.0)
    stated = [Stated(at(moment), str(T036.machine("node02").nics[0].address), at(moment)) for moment in (9.2, 9.6)]
    (found,) = machine_faults.find(replace(record(journal), stated=stated))
    assert found.began == at(9.5)


@pytest.mark.parametrize(
    "message,by",
    [
        ("System clock was stepped by 12.345678 seconds", "chronyd"),
        ("System clock wrong by 12.345678 seconds", "chronyd"),
        ("Initial clock synchronization to Fri 2026-11-20 10:00:00 UTC.", "systemd-timesyncd"),
        ("PM: suspend exit", "kernel"),
    ],
)
def test_a_clock_that_was_put_right_is_told_and_no_fault(message: str, by: str) -> None:
    journal = ticking(Journal("node03"), 0, 30).says(30.1, message, by=by, ahead=12.3)
    told = record(ticking(journal, 31, 60, 12.3))
    assert machine_faults.find(told) == []
    (seen,) = machine_faults.observe(told)
    assert "its clock was set by +12.300 s" in seen.what


def test_a_clock_that_is_set_as_a_machine_starts_is_no_fault() -> None:
    journal = Journal("node03", up=0).says(1, "Linux version 6.1.0", by="kernel")
    told = record(ticking(ticking(journal, 2, 10), 10, 40, 7200))
    assert machine_faults.find(told) == []


def test_a_clock_that_is_slewed_does_not_jump() -> None:
    journal = Journal("node03")
    for moment in every(60, 0, 3000):
        journal.says(moment, "x", ahead=moment * 0.0005)
    told = record(journal, lasts=3000)
    assert (machine_faults.find(told), machine_faults.observe(told)) == ([], [])


def test_what_the_journal_of_a_virtual_machine_had_of_a_clock_that_was_set_back(tmp_path: Path) -> None:
    journal = Path(__file__).parents[1] / "data" / "guest-clock-back.json"
    shutil.copy(journal, tmp_path)
    (found,) = machine_faults.find(record_of(open_incident(tmp_path)))
    assert found.fault == ClockJump(("node03",), timedelta(milliseconds=25_203), "back")
    assert found.began == pytest.approx(1_795_296_573_263_893_000, abs=SECOND / 100)
