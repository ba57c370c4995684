from __future__ import annotations

from dataclasses import replace

import pytest

from harness.faults.words import describe
from harness.incident.entry import Entry
from harness.incident.network.faults import find
from harness.incident.record import Logged
from tests.incident.talk import BEGAN, MILLISECOND, Talk, both, cut, topology

CLIENT = {"10.0.0.99": "10.0.0.99"}
THREE = topology("node01", "node02", "node03")
SITES = topology("node01", "node02", "node03", sites="abc")
OTHERS = [("node01", "node02"), ("node01", "node03")]


@pytest.mark.parametrize(
    "pairs, words",
    [
        (both(*OTHERS, ("node01", "10.0.0.99")), "cut node01/eth0"),
        (both(*OTHERS), "isolate node01"),
        ([*OTHERS, ("node01", "10.0.0.99")], "cut node01/eth0 way=up"),
        ([pair[::-1] for pair in (*OTHERS, ("node01", "10.0.0.99"))], "cut node01/eth0 way=down"),
        ([pair[::-1] for pair in OTHERS], "deafen node01 node02,node03"),
    ],
)
def test_a_card_is_cut_where_nobody_else_is_heard_either(pairs: list[tuple[str, str]], words: str) -> None:
    talk = Talk(THREE, ("node01", "node02", "node03"), cut(4000, 8000, *pairs), outsiders=CLIENT)
    assert [describe(one.fault) for one in find(talk.record())] == [words]


@pytest.mark.parametrize(
    "pairs, words",
    [
        (both(*OTHERS, ("10.0.0.99", "node02"), ("10.0.0.99", "node03")), "wan-loss a"),
        (both(*OTHERS), "isolate a"),
        (both(OTHERS[0], ("10.0.0.99", "node02")), "wan-loss a--b"),
        (both(OTHERS[0]), "split a b"),
    ],
)
def test_a_line_is_lost_where_nobody_else_is_heard_over_it(pairs: list[tuple[str, str]], words: str) -> None:
    talk = Talk(SITES, ("node01", "node02", "node03"), cut(4000, 8000, *pairs), outsiders=CLIENT)
    assert [describe(one.fault) for one in find(talk.record())] == [words]


def test_a_machine_that_saw_its_carrier_go_has_its_cable_pulled() -> None:
    record = Talk(THREE, ("node02", "node03"), cut(4000, 8000, *both(*OTHERS))).record()
    time = BEGAN + 4100 * MILLISECOND
    said = Entry("node01.json", 7, "node01", time, None, "", "", "kernel", "virtio_net virtio0 eth0: Link is Down")
    names = {**record.machine_of, "node01": "node01"}
    (one,) = find(replace(record, logged=[Logged(time, said)], machine_of=names))
    assert describe(one.fault) == "pull node01/eth0"
