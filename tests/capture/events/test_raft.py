from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.capture import events as ev
from harness.capture.events import Origin
from tests.capture.make import Wire

if TYPE_CHECKING:
    from harness.capture.events import RaftMessage

ORIGIN = Origin(5, "segment", 1, "52:54:00:00:01:01", "52:54:00:00:01:02")


@pytest.mark.parametrize(
    "kind, name", [(ev.RaftVote, "MsgVote"), (ev.RaftAppend, "MsgApp"), (ev.RaftForgetLeader, "MsgForgetLeader")]
)
def test_a_message_has_raftpbs_names(kind: type[RaftMessage], name: str) -> None:
    (event,) = Wire().raft(kind, 0xAB, log_term=3, reject_hint=7).events
    assert event.standard() == {"type": name, "to": "2", "from": "ab", "logTerm": 3, "rejectHint": 7}


def test_a_message_of_unknown_ends_has_none() -> None:
    (event,) = Wire().raft(ev.RaftHeartbeat, None).events
    assert event.standard()["from"] is None


def test_a_type_without_a_name_is_told_by_its_number() -> None:
    (event,) = Wire().raft(ev.RaftOther, type=40).events
    assert event.standard()["type"] == 40


def test_a_snapshot_that_was_sent_and_a_change_have_their_names() -> None:
    sent = ev.RaftSnapshotSent(*ORIGIN, 2380, "c", 1, 2, 5, 100, 4, 5000, 0, whole=True)
    assert sent.standard() == {"to": "2", "from": "1", "logTerm": 4}
    change = ev.RaftMembershipChange(
        *ORIGIN, 2380, "c", 1, 2, 5, 100, "ConfChangeAddNode", 0xCD, "node07", ("http://a",), promotes=False
    )
    assert change.standard() == {
        "type": "ConfChangeAddNode",
        "to": "2",
        "from": "1",
        "nodeId": "cd",
        "peerURLs": ["http://a"],
        "isPromote": False,
    }
