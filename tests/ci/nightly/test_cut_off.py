from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from harness.plugin import properties
from night import cut_off
from night.outcome import Hits
from night.verdicts import Verdict


def left(folder: Path, run: str, *lines: str) -> None:
    (folder / run).mkdir(parents=True)
    (folder / run / cut_off.FILE).write_text("\n".join(lines))


def line(scenario: str, verdict: str, **more: str) -> str:
    return json.dumps({"scenario": scenario, "verdict": verdict, **more})


def test_it_is_the_file_that_the_plugin_writes() -> None:
    assert cut_off.FILE == properties.ENDED


def test_what_had_ended_in_the_newest_run_is_read(tmp_path: Path) -> None:
    left(tmp_path, "2026-01-01", line("old.py::test", "failed"))
    more = {"phase:scenario": "2.5", "phase:installed": "7", "signature": "x", "signature-back": "1"}
    told = line("a.py::test", "passed", **more, **{"signature-runs": "2"})
    left(tmp_path, "2026-01-02", told, line("b.py::test", "unknown", because="why"))
    (tmp_path / "latest").symlink_to("2026-01-01")
    one, two = cut_off.read(tmp_path)
    assert (one.scenario, one.verdict, one.took) == ("a.py::test", Verdict.PASSED, timedelta(seconds=2.5))
    assert one.phases["installed"] == timedelta(seconds=7)
    assert one.hits == Hits("x", 1, 2)
    assert (two.verdict, two.because) == (Verdict.UNKNOWN, "why")


def test_lines_that_are_cut_off_or_make_no_sense_are_passed_over(tmp_path: Path) -> None:
    whole = line("a.py::test", "passed")
    left(tmp_path, "run", "[]", "7", "", "{}", line("b.py::test", "splendid"), whole, whole[:-5])
    assert [one.scenario for one in cut_off.read(tmp_path)] == ["a.py::test"]


def test_where_nothing_was_left_nothing_is_known(tmp_path: Path) -> None:
    assert cut_off.read(tmp_path) == []
    assert cut_off.read(tmp_path / "none") == []
