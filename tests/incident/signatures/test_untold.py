from __future__ import annotations

from harness.incident.packet import Packet
from harness.incident.signatures.untold import untold
from tests.incident.records import T036, Journal, frames, record

LEADS = "raft: 8e9e05c52164694d became leader at term 2"


def spoke(port: int, carries: str = "tcp") -> list[Packet]:
    return frames(T036, "node02", [1, 2, 3], ports=(40000, port), carries=carries)


def test_raft_that_cannot_be_read_leaves_its_terms_untold() -> None:
    (told,) = untold(record(packets=spoke(2380)))
    assert told.startswith("Raft was spoken and can't be read")
    assert untold(record(Journal("node02").says(1, LEADS, by="etcd"), packets=spoke(2380))) == []


def test_gossip_that_cannot_be_read_leaves_the_dead_untold() -> None:
    (told,) = untold(record(packets=spoke(7946, "udp")))
    assert told.endswith("whether a member is held for dead")
    line = "    2026/11/21 17:36:14 [INFO] serf: EventMemberJoin: node02 192.168.100.12"
    assert untold(record(Journal("node02").says(1, line), packets=spoke(7946, "udp"))) == []


def test_what_nobody_spoke_is_not_missed() -> None:
    assert untold(record(packets=spoke(80))) == untold(record()) == []
