from __future__ import annotations

import json
from pathlib import Path

from harness.incident.reproduction.journald import Journald
from harness.sandbox.waiting import wait_until
from harness.units import seconds


class Switch:
    """What tells the journal that a machine is on: set by the test."""

    def __init__(self) -> None:
        self.on = False

    def is_on(self) -> bool:
        return self.on


def said(folder: Path, journald: Journald) -> list[dict[str, str]]:
    (path,) = journald.write(folder)
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_lines_are_stamped_as_they_come_and_each_power_on_is_a_boot(tmp_path: Path) -> None:
    switch, logs, out = Switch(), tmp_path / "logs", tmp_path / "out"
    logs.mkdir()
    out.mkdir()

    def wait_for(count: int) -> list[dict[str, str]]:
        wait_until("the lines", lambda: len(said(out, journald)) >= count, within=5 * seconds)
        return said(out, journald)

    with Journald({"node01": (switch, logs)}) as journald:
        switch.on = True
        wait_for(1)
        with (logs / "supervision.log").open("a") as log:
            log.write("started iam\n")
        (logs / "iam.log").write_text("ready\nhalf a li")
        first = wait_for(3)
        switch.on = False
        wait_until("the end of the boot", lambda: journald.boots["node01"] is None, within=5 * seconds)
        switch.on = True
        lines = wait_for(4)
    assert {line["MESSAGE"] for line in first} == {"Journal started", "Started iam.service.", "ready"}
    by_message = {line["MESSAGE"]: line for line in first}
    assert by_message["ready"]["_SYSTEMD_UNIT"] == "iam.service"
    assert by_message["Started iam.service."]["UNIT"] == "iam.service"
    assert len({line["_BOOT_ID"] for line in first}) == 1
    assert lines[3]["MESSAGE"] == "Journal started"
    assert lines[3]["_BOOT_ID"] != lines[0]["_BOOT_ID"]
    assert int(lines[3]["__MONOTONIC_TIMESTAMP"]) < 1_000_000
    assert int(lines[3]["__REALTIME_TIMESTAMP"]) >= int(lines[2]["__REALTIME_TIMESTAMP"])


def test_a_wall_clock_that_is_wrong_moves_every_line(tmp_path: Path) -> None:
    switch = Switch()
    switch.on = True
    with Journald({"node01": (switch, tmp_path / "logs")}) as journald:
        wait_until("the first line", lambda: said(tmp_path, journald), within=5 * seconds)
    (line,) = said(tmp_path, journald)
    (path,) = journald.write(tmp_path, shift={"node01": 2 * 10**9})
    moved = json.loads(path.read_text())
    assert int(moved["__REALTIME_TIMESTAMP"]) - int(line["__REALTIME_TIMESTAMP"]) == 2_000_000
