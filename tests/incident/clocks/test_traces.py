from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.incident.clocks.traces import keys

if TYPE_CHECKING:
    from harness.incident.clocks.marks import Key


@pytest.mark.parametrize(
    "message, found",
    [
        ('"msg":"af2a3f1c98be2c7a became candidate at term 3"', [("candidate", 0xAF2A3F1C98BE2C7A, 3)]),
        ("raft: af2a3f1c98be2c7a became leader at term 3", [("leader", 0xAF2A3F1C98BE2C7A, 3)]),
        (
            "raft.node: 3a6b4faa0f189602 elected leader af2a3f1c98be2c7a at term 3",
            [("follower", 0x3A6B4FAA0F189602, 3)],
        ),
        (
            "3a6b4faa0f189602 [term: 1] received a MsgVote message with higher term from 62535fcf1d5c966f [term: 2]",
            [("follower", 0x3A6B4FAA0F189602, 2)],
        ),
        (
            'lost TCP streaming connection with remote peer","local-member-id":"a1b2c3d4","remote-peer-id":"e5f6a7b8"',
            [("ended", 0xE5F6A7B8)],
        ),
        ("lost the TCP streaming connection with peer e5f6a7b8 (stream Message reader)", [("ended", 0xE5F6A7B8)]),
        ("established a TCP streaming connection with peer e5f6a7b8 (stream Message writer)", [("opened", 0xE5F6A7B8)]),
        ("memberlist: Suspect node02 has failed, no acks received", [("suspect", "node02")]),
        ("serf: EventMemberFailed: node02 10.0.0.2", [("failed", "node02"), ("from", "10.0.0.2")]),
        ("eth0: DHCPv4 address 10.0.0.5/24", [("leased", "10.0.0.5")]),
        (
            "read tcp 10.0.0.1:37198->10.0.0.2:2480: connection reset by peer",
            [("connection", "10.0.0.1:37198", "10.0.0.2:2480")],
        ),
        ("dial tcp 10.0.0.2:2480: connect: connection refused", [("refused", "10.0.0.2:2480")]),
        (
            "Accepted publickey for root from 10.0.0.9 port 51234 ssh2",
            [("client", "10.0.0.9:51234"), ("from", "10.0.0.9")],
        ),
        (
            "10.0.0.9:51234 [21/Nov/2026] frontend",
            [("client", "10.0.0.9:51234"), ("called", "10.0.0.9:51234")],
        ),
        (
            "Connecting to MASTER 10.0.0.9:6379",
            [("client", "10.0.0.9:6379"), ("called", "10.0.0.9:6379")],
        ),
        ("+sentinel sentinel 33852430f6c3 10.0.0.9 26379 @ m", [("called", "10.0.0.9:26379"), ("from", "10.0.0.9")]),
        ("dial tcp 10.0.0.9:2380: i/o timeout", [("client", "10.0.0.9:2380")]),
        ('10.0.0.9 "GET /health HTTP/1.1" 200', [("from", "10.0.0.9")]),
        ("version 10.0.0.9.1, nothing else", []),
        ("Started etcd.service.", []),
    ],
)
def test_what_lines_tell(message: str, found: list[Key]) -> None:
    assert list(keys(message)) == found
