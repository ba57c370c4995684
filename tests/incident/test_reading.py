from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness.capture.decoding import Decoding
from harness.capture.dissector import Ports
from harness.capture.files.reader import open_reader
from harness.errors import SpecError
from harness.incident.files.folder import open_incident
from harness.incident.files.journals import MOST_BAD_LINES
from harness.incident.reading import record_of
from harness.topology.check import check
from tests.incident.field import pcap
from tests.incident.files.test_folder import CAPTURES, LINE, TOPOLOGIES, put

SECOND = 10**9


def test_one_capture_with_journals_and_a_topology(tmp_path: Path) -> None:
    shutil.copy(TOPOLOGIES / "t036.yaml", tmp_path)
    shutil.copy(CAPTURES / "etcd-3.4.23-leader-kill.pcap", tmp_path)
    put(tmp_path, "node01/journal.json", LINE + b"{\n")
    incident = open_incident(tmp_path)
    record = record_of(incident)
    members = Ports().raft | {24801, 24802, 24803}
    assert [one.frame for one in record.packets] == list(range(1, len(record.packets) + 1))
    with (CAPTURES / "etcd-3.4.23-leader-kill.pcap").open("rb") as file:
        assert [one.event for one in record.heard] == list(Decoding(file, "etcd", ports=Ports(raft=members)))
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


def test_an_incident_without_a_topology_has_one_that_is_inferred(tmp_path: Path) -> None:
    shutil.copy(CAPTURES / "etcd-3.4.23-leader-kill.pcap", tmp_path)
    record = record_of(open_incident(tmp_path))
    assert check(record.topology) == []
    assert record.topology.stack is not None
    assert {record.machine_of[one.event.src] for one in record.heard if one.event.protocol == "raft"} == {
        *record.topology.stack.bootstrap
    }


def test_two_captures_of_one_thing_are_on_one_clock(tmp_path: Path) -> None:
    shutil.copy(CAPTURES / "etcd-3.4.23-leader-kill.pcap", tmp_path / "a.pcap")
    with (CAPTURES / "etcd-3.4.23-leader-kill.pcap").open("rb") as file:
        late = [one._replace(time=one.time + 5 * SECOND) for one in open_reader(file, "etcd")]
    put(tmp_path, "b.pcap", pcap(late))
    record = record_of(open_incident(tmp_path))
    moments: dict[int, list[int]] = {}
    for one in record.packets:
        moments.setdefault(one.frame, []).append(one.time)
    assert max(max(both) - min(both) for both in moments.values()) < 2 * record.uncertainty < SECOND // 100
    assert [one.time for one in record.packets] == sorted(one.time for one in record.packets)


def test_of_a_journal_with_many_bad_lines_some_are_told(tmp_path: Path) -> None:
    put(tmp_path, "node01.json", LINE + b"{\n" * 100 + LINE)
    shutil.copy(TOPOLOGIES / "t036.yaml", tmp_path)
    incident = open_incident(tmp_path)
    record = record_of(incident)
    assert [one.entry.host for one in record.logged] == ["node01", "node01"]
    assert len(incident.unread) == MOST_BAD_LINES + 1
    assert "80 lines more" in str(incident.unread[-1])


def test_lines_from_long_before_the_captures_are_no_part_of_the_incident(tmp_path: Path) -> None:
    shutil.copy(CAPTURES / "etcd-3.4.23-leader-kill.pcap", tmp_path)
    began = record_of(open_incident(tmp_path)).packets[0].time // 1000
    for host, moments in (("node01", (began - 7 * 86400 * 10**6, began)), ("node02", (began - 7 * 86400 * 10**6,))):
        lines = [{"__REALTIME_TIMESTAMP": str(one), "_HOSTNAME": host, "MESSAGE": "hello"} for one in moments]
        put(tmp_path, f"{host}/journal.json", b"".join(json.dumps(one).encode() + b"\n" for one in lines))
    record = record_of(open_incident(tmp_path))
    assert sorted(one.entry.host for one in record.logged) == ["node01", "node02"]
    assert "1 lines of journals are left out: they are more than an hour before or after the captures" in record.notes
