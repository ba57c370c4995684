from __future__ import annotations

from harness.faults import words
from harness.incident.diagnosis.diagnosis import of_findings
from tests.incident.findings import SECOND, found, record


def test_a_schedule_starts_a_few_seconds_before_the_first_fault() -> None:
    diagnosis = of_findings(
        record(),
        [found("kill node03 etcd", 20.256), found("isolate node02", 10.004, 16.211), found("pause node01", 9, 9)],
    )
    assert words.write(diagnosis.schedule) == (
        "at 3s pause node01 for 10ms\nat 4s isolate node02 for 6.21s\nat 14.26s kill node03 etcd\n"
    )
    assert diagnosis.start == 6 * SECOND
    assert [finding.fault for _, finding in diagnosis.steps] == [step.fault for step in diagnosis.schedule]


def test_a_clock_that_is_set_back_later_is_wrong_for_so_long() -> None:
    diagnosis = of_findings(
        record(), [found("clock-jump node02 40s", 10, 18.4), found("clock-jump node03 5s way=back", 12)]
    )
    assert words.write(diagnosis.schedule) == (
        "at 3s clock-jump node02 40s for 8.4s\nat 5s clock-jump node03 5s way=back\n"
    )


def test_what_is_doubtful_is_told_and_not_done() -> None:
    diagnosis = of_findings(record(), [found("isolate node02", 10, 16, 0.4)])
    assert len(diagnosis.schedule) == 0
    assert len(diagnosis.doubtful) == 1


def test_a_machine_that_stood_still_for_a_moment_is_not_told_by_itself() -> None:
    moment, longer = found("pause node02", 10, 11.2, 0.35), found("pause node01", 20, 23, 0.35)
    assert of_findings(record(), [moment, longer]).doubtful == (longer,)


def test_what_goes_on_lasts_to_the_end_of_the_evidence() -> None:
    diagnosis = of_findings(record(ended=30), [found("isolate node02", 10)])
    assert words.write(diagnosis.schedule) == "at 3s isolate node02 for 20s\n"


def test_nobody_waits_for_hours() -> None:
    diagnosis = of_findings(
        record(ended=20_000), [found("isolate node02", 10, 7210), found("kill node01 etcd", 15_000)]
    )
    assert words.write(diagnosis.schedule) == "at 3s isolate node02 for 120s\nat 243s kill node01 etcd\n"
    assert diagnosis.notes == (
        "the schedule leaves out 7080 s in which nothing changed, 3 s after its start",
        "the schedule leaves out 7670 s in which nothing changed, 7203 s after its start",
    )


def test_what_happens_within_a_long_fault_stays_within_it() -> None:
    diagnosis = of_findings(record(ended=20_000), [found("isolate node02", 10, 7210), found("kill node01 etcd", 5_000)])
    assert words.write(diagnosis.schedule) == "at 3s isolate node02 for 240s\nat 123s kill node01 etcd\n"


def test_a_name_that_means_nothing_is_left_out_with_a_word() -> None:
    diagnosis = of_findings(record(), [found("isolate node09", 10, 16)])
    assert len(diagnosis.schedule) == 0
    assert diagnosis.notes[0].startswith("'isolate node09' is left out: 'node09' is no machine")


def test_an_incident_without_findings_has_an_empty_schedule() -> None:
    diagnosis = of_findings(record(), [])
    assert diagnosis.findings == ()
    assert words.write(diagnosis.schedule) == ""
