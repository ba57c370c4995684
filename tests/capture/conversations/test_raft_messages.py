from __future__ import annotations

from hypothesis import given

from harness.capture.conversations import raft_messages
from harness.capture.events import Origin, RaftAppend, RaftMembershipChange, RaftMessage, RaftOther
from harness.capture.protocols.raftpb import Entry, Message, MessageType
from tests.capture import encode
from tests.capture.protocols.strategies import messages

ORIGIN = Origin(5, "segment", 1, "52:54:00:00:01:01", "52:54:00:00:01:02")


@given(messages)
def test_every_message_is_one_event_of_raft_with_its_own_fields(message: Message) -> None:
    event = next(raft_messages.told(message, ORIGIN, 2380, "c1"))
    assert isinstance(event, RaftMessage)
    assert (event.sender, event.receiver, event.term, event.commit) == (
        message.sender,
        message.receiver,
        message.term,
        message.commit,
    )
    assert (event.port, event.cluster) == (2380, "c1")
    assert isinstance(event, RaftOther) == (message.type not in set(MessageType))


def test_only_what_is_appended_changes_the_membership() -> None:
    change = Entry(1, 4, 12, encode.conf_change(1, 7))
    told = list(raft_messages.told(Message(type=3, sender=1, receiver=2, entries=(change,)), ORIGIN, 2380, ""))
    assert [type(event) for event in told] == [RaftAppend, RaftMembershipChange]
    assert len(list(raft_messages.told(Message(type=2, entries=(change,)), ORIGIN, 2380, ""))) == 1
