from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.faults.words import parse
from harness.machines.virtual import VirtualMachine
from measure import guests
from measure.guests import GUESTS
from measure.incidents import Injected
from measure.reproduce import VIRTUAL
from tests.capture import build
from tests.incident.field import said


@pytest.mark.parametrize("one", GUESTS, ids=lambda one: one.name)
def test_virtual_machines_can_have_every_fault_done_to_them(one: Injected) -> None:
    assert one.virtual
    assert one.name.startswith(VIRTUAL)
    for step in parse(one.schedule):
        assert all(issubclass(VirtualMachine, need) for need in step.fault.needs)


def test_what_ssh_carries_is_not_captured_in_the_field() -> None:
    member, harness = "192.168.100.11", "192.168.100.254"
    assert guests.is_of_the_field(said(harness, member, ports=(40000, 2379)).data)
    assert guests.is_of_the_field(build.ethernet(b"\x00\x01" + bytes(40), ethertype=0x0806))
    assert not guests.is_of_the_field(said(harness, member, ports=(40000, 22)).data)
    assert not guests.is_of_the_field(said(member, harness, ports=(22, 40000)).data)


def test_what_the_harness_did_and_what_was_before_is_left_out(tmp_path: Path) -> None:
    lines = [
        json.dumps({"SYSLOG_IDENTIFIER": name, "_BOOT_ID": boot, "__MONOTONIC_TIMESTAMP": up})
        for name, boot, up in (("sshd", "a", "90"), ("etcd", "a", "80"), ("etcd", "a", "79"), ("kernel", "b", "1"))
    ]
    journal = tmp_path / "node01.json"
    journal.write_text("\n".join(lines) + "\n")
    guests.keep_what_the_field_has(journal, guests.Now("a", 80))
    assert journal.read_text().splitlines() == [lines[1], lines[3]]
