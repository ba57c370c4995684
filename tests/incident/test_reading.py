from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.capture.decoding import Decoding
from harness.errors import SpecError
from harness.incident.folder import open_incident
from harness.incident.reading import record_of
from tests.incident.test_folder import CAPTURES, LINE, TOPOLOGIES, put


def test_one_capture_with_journals_and_a_topology(tmp_path: Path) -> None:
    shutil.copy(TOPOLOGIES / "t036.yaml", tmp_path)
    shutil.copy(CAPTURES / "etcd-3.4.23-leader-kill.pcap", tmp_path)
    put(tmp_path, "node01/journal.json", LINE + b"{\n")
    incident = open_incident(tmp_path)
    record = record_of(incident)
    assert [one.frame for one in record.packets] == list(range(1, len(record.packets) + 1))
    with (CAPTURES / "etcd-3.4.23-leader-kill.pcap").open("rb") as file:
        assert [one.event for one in record.heard] == list(Decoding(file, "etcd"))
    assert [one.entry.host for one in record.logged] == ["node01"]
    assert [str(one) for one in incident.unread] == ["node01/journal.json:2: no JSON: '{'"]
    assert record.machine_of["192.168.100.11"] == "node01"
    assert record.began <= record.packets[0].time <= record.packets[-1].time <= record.ended


def test_a_capture_that_is_cut_off_gives_what_it_has(tmp_path: Path) -> None:
    shutil.copy(TOPOLOGIES / "t036.yaml", tmp_path)
    whole = (CAPTURES / "etcd-3.4.23-leader-kill.pcap").read_bytes()
    put(tmp_path, "cut.pcap", whole[: len(whole) // 2])
    incident = open_incident(tmp_path)
    assert len(record_of(incident).packets) > 100
    assert any("cut off" in one.why for one in incident.unread)


def test_a_topology_alone_is_no_evidence(tmp_path: Path) -> None:
    shutil.copy(TOPOLOGIES / "t036.yaml", tmp_path)
    with pytest.raises(SpecError, match="no evidence"):
        record_of(open_incident(tmp_path))
