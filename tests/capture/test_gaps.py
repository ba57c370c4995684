from __future__ import annotations

from harness.capture import events as ev
from harness.capture.events import Origin
from harness.capture.gaps import gaps
from harness.capture.notes import LOST
from tests.capture.make import CLIENT_END, SERVER_END


def lost(since: int, until: int) -> ev.Event:
    return ev.HarnessEvent(*Origin(until, "harness", 9, "", ""), LOST, (), "3 frames", since)


def unread(at: int, expected: str) -> ev.Event:
    return ev.Undecodable(*Origin(at, "segment", 4, "", ""), expected, "encrypted")


def test_lost_frames_leave_every_time_open_that_they_may_have_been_in() -> None:
    for start, end, touched in ((0, 4, 0), (0, 5, 1), (5, 10, 1), (6, 7, 1), (10, 12, 1), (11, 12, 0)):
        found = gaps([lost(5, 10)], start, end, kind=ev.DhcpOffer)
        assert found == ["frame 9: 3 frames"] * touched


def test_what_can_t_be_read_leaves_its_own_protocol_open() -> None:
    events = [unread(5, "raft")]
    assert gaps(events, 0, 9, kind=ev.RaftVote) == ["frame 4: raft can't be read: encrypted"]
    assert gaps(events, 0, 9, kind=None)
    assert not gaps(events, 0, 9, kind=ev.DhcpOffer)
    assert not gaps(events, 6, 9, kind=ev.RaftVote)
    assert not gaps(events, 0, 9, kind=ev.Undecodable)
    assert gaps([unread(5, "")], 0, 9, kind=ev.DhcpOffer) == ["frame 4: a frame can't be read: encrypted"]


def test_a_datagram_of_which_fragments_are_missing_may_have_said_anything() -> None:
    gap = ev.IpGap(*Origin(5, "segment", 6, "", ""), 17, 1, 1, 8, None, "too late")
    assert gaps([gap], 0, 9, kind=ev.DhcpOffer) == ["frame 6: a datagram in fragments: too late"]
    assert not gaps([gap], 6, 9, kind=ev.DhcpOffer)


def test_what_waits_for_a_segment_leaves_its_protocol_open() -> None:
    assert gaps([], 0, 9, kind=ev.RaftVote, waiting=["raft"]) == ["raft waits for a segment that was not captured"]
    assert not gaps([], 0, 9, kind=ev.RaftVote, waiting=["http"])
    assert gaps([], 0, 9, kind=None, waiting=["http"])


def test_a_few_reasons_are_enough() -> None:
    assert gaps([unread(5, "raft")] * 8, 0, 9, kind=ev.RaftVote)[5:] == ["and 3 more"]


def test_octets_that_were_not_captured_leave_what_they_belong_to_open() -> None:
    gap = ev.TcpGap(*Origin(5, "segment", 6, "", ""), CLIENT_END, SERVER_END, 9, 4, "http")
    assert gaps([gap], 0, 9, kind=ev.HttpRequest) == [
        "frame 6: 9 octets of http from 192.168.100.11:50000 to 192.168.100.1:80 were not captured"
    ]
    assert not gaps([gap], 0, 9, kind=ev.DhcpOffer)
    assert not gaps([gap], 6, 9, kind=ev.HttpRequest)


def test_an_encrypted_connection_leaves_all_open_that_comes_after_it_began() -> None:
    hello = ev.TlsRecords(*Origin(5, "segment", 6, "", ""), CLIENT_END, SERVER_END, "raft")
    said = "frame 6: raft is encrypted between 192.168.100.11:50000 and 192.168.100.1:80"
    assert gaps([hello], 7, 9, kind=ev.RaftVote) == [said]
    assert not gaps([hello], 0, 4, kind=ev.RaftVote)
    assert not gaps([hello], 7, 9, kind=ev.DhcpOffer)
