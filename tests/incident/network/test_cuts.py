from __future__ import annotations

from dataclasses import replace

import pytest

from harness.faults.words import describe
from harness.incident.entry import Entry
from harness.incident.network.faults import find
from harness.incident.record import Logged
from tests.incident.talk import BEGAN, MILLISECOND, Fate, Talk, all_of, both, cut, topology

THREE = topology("node01", "node02", "node03")
ALL = ("node01", "node02", "node03")
OTHERS = both(("node01", "node02"), ("node01", "node03"))


@pytest.mark.parametrize("points", [ALL, ALL[:2], ALL[:1]])
def test_one_port_that_is_silent_alone_is_dropped(points: tuple[str, ...]) -> None:
    talk = Talk(THREE, points, cut(4000, 8000, *OTHERS, service="tcp:2380"))
    assert [describe(one.fault) for one in find(talk.record())] == ["drop node01 tcp port=2380"]


def test_a_protocol_whose_every_port_is_silent_is_dropped() -> None:
    fates = [cut(4000, 8000, *OTHERS, service=service) for service in ("tcp:2380", "tcp:2480")]
    assert [describe(one.fault) for one in find(Talk(THREE, ALL, all_of(*fates)).record())] == ["drop node01 tcp"]


def test_several_short_cuts_are_a_flap() -> None:
    fates = [cut(at, at + 1000, *OTHERS) for at in range(2000, 9000, 2000)]
    (one,) = find(Talk(THREE, ALL, all_of(*fates), lasts=12_000).record())
    assert describe(one.fault) == "flap node01/eth0 every=2s"


def test_faults_that_overlap_are_told_apart() -> None:
    fates = [cut(3000, 7000, *OTHERS), cut(5000, 9000, *both(("node02", "node03")))]
    found = {describe(one.fault) for one in find(Talk(THREE, ALL, all_of(*fates), lasts=12_000).record())}
    assert found == {"isolate node01", "split node02 node03"}


def test_a_machine_that_boots_anew_was_hardly_cut_off() -> None:
    record = Talk(THREE, ALL[1:], cut(4000, 8000, *OTHERS)).record()
    (before,) = find(record)
    assert before.confidence > 0.8
    lines = []
    for at, boot in ((3000, "one"), (9000, "two")):
        time = BEGAN + at * MILLISECOND
        lines.append(Logged(time, Entry("node01.json", 1, "node01", time, None, boot, "", "kernel", "Linux version")))
    (after,) = find(replace(record, logged=lines))
    assert after.confidence < 0.5


def test_what_lasts_to_the_end_of_the_evidence_has_no_end() -> None:
    (one,) = find(Talk(THREE, ALL, cut(4000, 99_000, *OTHERS)).record())
    assert one.ended is None


def test_the_frames_at_its_edges_are_its_evidence() -> None:
    record = Talk(THREE, ALL[:1], cut(4000, 8000, *OTHERS)).record()
    (one,) = find(record)
    frames = {packet.frame: packet for packet in record.packets}
    assert len(one.evidence) >= 4
    assert all(each.file == "node01.pcap" and each.frame in frames for each in one.evidence)
    assert "not answered" in one.evidence[0].shows


def asked(*points: str, fate: Fate, lasts: float = 12_000) -> list[str]:
    """Return what is found of two servers that never talk to each other, and their clients."""
    talk = Talk(topology("web1", "web2"), points, fate, lasts=lasts, gossip=99_000, ports=(), outsiders=CLIENTS)
    return [describe(one.fault) for one in find(talk.record())]


CLIENTS = {"client": "10.0.0.200", "other": "10.0.0.201"}
WEB1 = both(("web1", "client"), ("web1", "other"))


def test_clients_tell_who_is_cut_off_where_servers_do_not_talk_to_each_other() -> None:
    assert asked("web1", "web2", fate=cut(4000, 8000, *WEB1)) == ["cut web1/eth0"]


def test_a_client_that_hears_nobody_may_itself_be_cut_off() -> None:
    assert asked("web1", fate=cut(4000, 8000, *WEB1, *both(("web2", "client"), ("web2", "other")))) == []


def test_who_is_heard_by_one_client_is_not_cut_off() -> None:
    assert asked("web1", "web2", fate=cut(4000, 8000, *both(("web1", "client")))) == []
