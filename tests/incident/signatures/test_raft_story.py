from __future__ import annotations

import pytest

from harness.incident.signatures.raft_story import facts
from tests.incident.stages import stage

ONE, TWO = "8e9e05c52164694d", "91bc3c398fb3c146"


@pytest.mark.parametrize(
    "line,what,term,leader",
    [
        (f"2026-11-21 17:00:00.1 I | raft: {ONE} became leader at term 4", "leads", 4, ONE),
        (f'{{"level":"info","msg":"{ONE} became candidate at term 5"}}', "candidate", 5, ""),
        (f"{ONE} became pre-candidate at term 5", "follows", 5, ""),
        (f"raft.node: {ONE} elected leader {TWO} at term 2", "knows", 2, TWO),
        (f"raft.node: {ONE} changed leader from {ONE} to {TWO} at term 3", "knows", 3, TWO),
        ("[INFO] raft: entering leader state: leader=node", "leads", 0, "node01"),
        ("[INFO]  agent.server.raft: entering candidate state: node=x term=12", "candidate", 12, ""),
        ("+new-epoch 7", "follows", 7, ""),
    ],
)
def test_lines_of_several_stores_are_read(line: str, what: str, term: int, leader: str) -> None:
    (fact,) = facts(stage((1, "node01", line)).record)
    assert (fact.what, fact.term, fact.leader, fact.group) == (what, term, leader, "etcd.service")


def test_other_lines_say_nothing() -> None:
    assert facts(stage((1, "node01", "the leader of the pack became a follower of fashion")).record) == []
