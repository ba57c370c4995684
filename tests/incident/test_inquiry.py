from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness.capture.files.reader import open_reader
from harness.errors import SpecError
from harness.faults.boot import BootServerDown
from harness.faults.processes import Kill, Stop
from harness.incident.diagnosis.telling import Told
from harness.incident.inquiry import inquire
from harness.incident.replay.datagram import udp_frame
from harness.incident.scrub import scrub
from harness.topology.check import check
from tests.incident.field import pcap
from tests.incident.files.test_folder import CAPTURES
from tests.incident.records import EPOCH, SECOND, TOPOLOGIES
from tests.incident.replay.frames import (
    ACK,
    ASK,
    OFFER,
    SERVER,
    TELL,
    answer,
    numbered,
    question,
    written,
)

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
    assert (told.decided, told.seen) == (False, [])


FAILED = "    2026/11/21 17:36:14 [INFO] serf: EventMemberFailed: node03 192.168.100.13"


def test_what_no_fault_explains_is_told_all_the_same(tmp_path: Path) -> None:
    told = inquire(folder(tmp_path, (1, "Started chainfire.service."), (41, FAILED)))
    assert [one.name for one, _ in told.seen] == ["held for dead"]
    assert told.title == "Seen, and no fault that the evidence decides explains it: held for dead."


def test_a_boot_that_may_have_met_a_server_that_was_down_can_be_asked_again(tmp_path: Path) -> None:
    search, offer, taken, granted = question(1), answer(OFFER), question(3, {54: SERVER.packed}), answer(ACK)
    lease = [udp_frame(way, said) for way, said in ((ASK, search), (TELL, offer), (ASK, taken), (TELL, granted))]
    other = "52:54:00:00:01:02"
    asking = [udp_frame(ASK._replace(src_mac=other), question(1, xid=7, mac=other)) for _ in range(8)]
    written(tmp_path / "boot.pcapng", numbered([*lease, *asking, *lease]))
    told = inquire(tmp_path)
    assert [(one.fault, one.confidence) for _, one in told.diagnosis.suspected] == [(BootServerDown(), 0.4)]
    assert told.seen[0][0].name == "no offer"
    assert told.booted is not None
    assert told.record.machine_of[other] == told.booted.machine


def told_of(path: Path, capture: str) -> Told:
    """Return what a real capture tells by itself."""
    shutil.copy(CAPTURES / capture, path)
    return inquire(path)


def test_a_leader_that_dies_among_members_on_one_address(tmp_path: Path) -> None:
    told = told_of(tmp_path, "etcd-3.4.23-leader-kill.pcap")
    assert [one.fault for one in told.diagnosis.findings] == [Stop(("member-24802",), "chainfire")]
    assert told.seen[0][0].name == "leader changed"
    addresses = {machine.name: str(machine.nics[0].address) for machine in told.record.topology.machines}
    assert addresses == {f"member-2480{at}": f"192.168.100.1{at}" for at in (1, 2, 3)}
    assert check(told.record.topology) == []


def test_a_node_that_dies_among_members_on_one_address(tmp_path: Path) -> None:
    told = told_of(tmp_path, "serf-0.9.4-node-death.pcap")
    assert [one.fault for one in told.diagnosis.findings] == [Stop(("n8",), "serf")]
    assert [one.name for one, _ in told.seen[:2]] == ["held for dead", "member silent"]


@pytest.mark.parametrize(
    "capture,fault,seen,untold",
    [
        ("etcd-3.4.23-leader-kill.pcap", Stop(("member-24802",), "chainfire"), "connections refused", "Raft"),
        ("serf-0.9.4-node-death.pcap", Stop(("member-27948",), "serf"), "member silent", "gossip"),
    ],
)
def test_what_a_scrubbed_capture_does_not_tell_is_said(
    tmp_path: Path, capture: str, fault: Stop, seen: str, untold: str
) -> None:
    field, scrubbed = tmp_path / "field", tmp_path / "scrubbed"
    field.mkdir()
    shutil.copy(CAPTURES / capture, field)
    scrub(field, scrubbed)
    told = inquire(scrubbed)
    assert [one.fault for one in told.diagnosis.findings] == [fault]
    assert told.seen[0][0].name == seen
    assert told.untold[0].startswith(f"{untold} was spoken and can't be read")
    stack = told.record.topology.stack
    assert (stack is not None and len(stack.bootstrap) == 3) is (untold == "Raft")


def test_the_journal_of_a_host_that_runs_all_members_is_told_apart(tmp_path: Path) -> None:
    unit, now = "etcd@n2.service", 1_795_230_003
    said = [
        (3, "etcd", "raft2026/11/21 03:00:03 INFO: 5cae315174de75b1 became leader at term 2"),
        (7.2, "systemd", f"{unit}: Main process exited, code=killed, status=9/KILL"),
    ]
    entries = [
        {
            "__REALTIME_TIMESTAMP": str(round((now + at) * 10**6)),
            "__MONOTONIC_TIMESTAMP": str(round((at + 100) * 10**6)),
            "_BOOT_ID": "a" * 32,
            "_HOSTNAME": "ci-host",
            "_SYSTEMD_UNIT": unit,
            "SYSLOG_IDENTIFIER": by,
            "MESSAGE": message,
        }
        for at, by, message in said
    ]
    (tmp_path / "journal.json").write_text("\n".join(map(json.dumps, entries)))
    told = told_of(tmp_path, "etcd-3.4.23-leader-kill.pcap")
    assert [one.fault for one in told.diagnosis.findings] == [Kill(("member-24802",), "etcd")]
    assert len(told.record.topology.machines) == 3


def test_headers_alone_do_not_tell_members_at_one_address_apart(tmp_path: Path) -> None:
    with (CAPTURES / "etcd-3.4.23-leader-kill.pcap").open("rb") as file:
        cut = [frame._replace(data=frame.data[:54]) for frame in open_reader(file, "etcd")]
    (tmp_path / "a.pcap").write_bytes(pcap(cut))
    with pytest.raises(SpecError, match="nothing that can be read tells members at it apart"):
        inquire(tmp_path)
