from __future__ import annotations

from pathlib import Path

from harness.incident.files.folder import Incident, Source
from harness.incident.replay import dialogue_of
from harness.incident.replay.boot_dialogue import cut_out
from tests.incident.replay.frames import REAL

CLIENT = "52:54:00:00:01:01"


def test_what_a_machine_asked_is_cut_out_and_can_be_read_again(tmp_path: Path) -> None:
    incident = Incident(REAL.parent, (Source(REAL, REAL.name),))
    booted = cut_out(incident, {CLIENT: "node01"})
    assert booted is not None
    assert booted.machine == "node01"
    path = tmp_path / "dialogue.pcapng"
    path.write_bytes(booted.capture)
    again, real = dialogue_of(path), dialogue_of(REAL)
    assert again.client == CLIENT
    assert [one.question.what for one in again.exchanges] == [one.question.what for one in real.exchanges]


def test_machines_that_nobody_knows_are_left_alone() -> None:
    assert cut_out(Incident(REAL.parent, (Source(REAL, REAL.name),)), {}) is None
