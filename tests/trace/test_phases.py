from __future__ import annotations

import json

import pytest

from harness.trace.phases import PhaseLog, Reached, table


def log_of(*reached: tuple[float, str, str]) -> PhaseLog:
    now = [0.0]
    log = PhaseLog(["node01", "node02"], clock=lambda: now[0])
    for at, machine, phase in reached:
        now[0] = at
        log.reach(machine, phase)
    return log


def test_a_phase_lasts_from_the_one_before() -> None:
    log = log_of((1, "node01", "powered on"), (4.5, "node01", "installer"))
    assert [one.took.total_seconds() for one in log.of("node01")] == [1.0, 3.5]
    assert log.when("node01", "installer").at.total_seconds() == 4.5


def test_a_phase_counts_once() -> None:
    log = log_of((1, "node01", "iPXE"), (2, "node01", "iPXE"))
    assert [one.at.total_seconds() for one in log.of("node01")] == [1.0]


def test_listeners_hear_each_phase() -> None:
    log = PhaseLog(["node01"])
    heard: list[Reached] = []
    log.on_phase(heard.append)
    log.reach("node01", "powered on")
    log.reach("node01", "powered on")
    assert [one.phase for one in heard] == ["powered on"]


def test_what_was_not_reached_has_no_time() -> None:
    log = log_of((1, "node01", "iPXE"))
    assert (log.last("node01"), log.last("node02")) == ("iPXE", "off")
    with pytest.raises(KeyError, match="node02 has not reached the phase 'iPXE'"):
        log.when("node02", "iPXE")


def test_the_table_has_a_row_for_each_phase_and_the_totals() -> None:
    log = log_of((1, "node01", "powered on"), (1, "node02", "powered on"), (33, "node02", "installer"))
    assert table(log).splitlines() == [
        "phase       node01  node02",
        "powered on   1.0 s   1.0 s",
        "installer        -  32.0 s",
        "in all       1.0 s  33.0 s",
    ]


def test_the_json_has_seconds() -> None:
    parsed = json.loads(log_of((1, "node01", "powered on")).to_json())
    assert parsed["machines"]["node01"] == [{"phase": "powered on", "at": 1.0, "took": 1.0}]
    assert parsed["unit"] == "seconds"
