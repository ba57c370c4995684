from __future__ import annotations

import pytest

from harness.incident.entry import Entry
from harness.incident.signatures.journal_signatures import MachineBoots, Says, ServiceDies, complaint, template
from tests.incident.stages import stage


def test_a_service_that_is_killed_dies_and_one_that_is_stopped_does_not() -> None:
    killed = (10, "node02", "etcd.service: Main process exited, code=killed, status=9/KILL")
    seen = ServiceDies().look(stage(killed, since=5))
    assert (seen.appeared, seen.because) == (True, "etcd.service of node02 ended")
    assert ServiceDies().look(stage((10, "node02", "Stopped etcd.service."), since=5)).appeared is False
    assert ServiceDies().look(stage(killed, since=12)).appeared is None


def test_another_boot_is_told() -> None:
    lines = [(1.0, "node02", "a"), (12.0, "node02", "b"), (13.0, "node01", "c")]
    assert MachineBoots().look(stage(*lines, since=5, boots={"node02": [10]})).because == "node02 booted"
    assert MachineBoots().look(stage(*lines, since=5)).appeared is False


def test_a_boot_of_which_the_first_line_is_there_is_told_without_the_boot_before() -> None:
    kernel = (12.0, "node02", "Linux version 6.1.0-56-cloud-amd64 (debian-kernel@lists.debian.org)")
    assert MachineBoots().look(stage(kernel, since=5)).because == "node02 booted"
    assert MachineBoots().look(stage(kernel, (20.0, "node02", "a"), since=15)).appeared is False


@pytest.mark.parametrize(
    "one,other",
    [
        ("lost the TCP stream with peer 8e9e05c52164694d", "lost the TCP stream with peer 91bc3c398fb3c146"),
        ("dial tcp 10.0.0.1:2380: i/o timeout after 3s", "dial tcp 10.0.0.22:2380: i/o timeout after 15s"),
        ('{"ts":"1","msg":"it failed","n":1}', '{"ts":"2","msg":"it failed","n":2}'),
        ('cannot open "a"', 'cannot open "b"'),
    ],
)
def test_what_varies_is_no_part_of_a_message(one: str, other: str) -> None:
    assert template(entry(one)) == template(entry(other))
    assert template(entry(one)) != template(entry("something else"))


def entry(message: str) -> Entry:
    return Entry("j", 1, "node01", 0, None, "1", "x", "x", message)


def test_a_complaint_that_is_new_is_a_signature_and_is_found_again() -> None:
    lines = [
        (1.0, "node01", "failed to reach 10.0.0.9"),
        (12.0, "node01", "failed to reach 10.0.0.3"),
        (12.0, "node02", "lost the TCP stream with peer 8e9e05c52164694d"),
        (13.0, "node03", "all is fine, and that is new"),
    ]
    says = complaint(stage(*lines, since=10))
    assert says == Says("lost the TCP stream with peer …")
    assert says.name == "says: lost the TCP stream with peer …"
    assert says.look(stage(*lines, since=10)).because == "node02 says so"
    assert says.look(stage(*lines[:2], since=10)).appeared is False


def test_where_nobody_complains_there_is_no_signature() -> None:
    assert complaint(stage((12, "node01", "all is fine, and that is new"), since=10)) is None
