from __future__ import annotations

import json
import shutil
from pathlib import Path

from harness.incident.inquiry import inquire
from tests.incident.records import EPOCH, SECOND, TOPOLOGIES

DIED = "chainfire.service: Main process exited, code=killed, status=9/KILL"


def folder(path: Path, *said: tuple[int, str]) -> Path:
    """Return an incident of a topology and one machine's journal."""
    shutil.copy(TOPOLOGIES / "t036.yaml", path)
    with (path / "node02.json").open("w") as file:
        for at, message in said:
            entry = {
                "__REALTIME_TIMESTAMP": str((EPOCH + at * SECOND) // 1000),
                "__MONOTONIC_TIMESTAMP": str((at + 100) * 10**6),
                "_BOOT_ID": "a" * 32,
                "_HOSTNAME": "node02",
                "_SYSTEMD_UNIT": "init.scope",
                "UNIT": "chainfire.service",
                "SYSLOG_IDENTIFIER": "systemd",
                "MESSAGE": message,
            }
            file.write(json.dumps(entry) + "\n")
    return path


def test_a_folder_becomes_what_it_tells(tmp_path: Path) -> None:
    lines: list[str] = []
    restarted = (42, "chainfire.service: Scheduled restart job, restart counter is at 1.")
    told = inquire(folder(tmp_path, (1, "Started chainfire.service."), (41, DIED), restarted), lines.append)
    assert told.decided
    assert told.seen[0][0].name == "service dies"
    assert lines[0] == f"reading {tmp_path}"


def test_where_all_is_well_nothing_is_decided(tmp_path: Path) -> None:
    told = inquire(folder(tmp_path, (1, "Started chainfire.service."), (41, "all is well")))
    assert (told.decided, told.seen) == (False, ())
