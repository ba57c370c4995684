from __future__ import annotations

from harness.capture import events as ev
from harness.capture.timeline import Timeline
from tests.capture.build import CLIENT_MAC, SERVER_MAC
from tests.capture.make import CLIENT_END, SERVER_END, Fields, Wire, uefi


def test_dhcp_is_asked_by_client() -> None:
    wire = Timeline(uefi().events).dhcp
    assert [offer.boot_file for offer in wire.offers(to=CLIENT_MAC)] == [
        "ipxe.efi",
        "http://192.168.100.1/boot.ipxe",
        "",
    ]
    assert len(wire.discovers(CLIENT_MAC)) == len(wire.requests(CLIENT_MAC)) == len(wire.acks(CLIENT_MAC)) == 3
    assert not wire.offers(to=SERVER_MAC)
    assert not wire.naks()
    assert len(wire.messages()) == 12


def test_tftp_and_http_are_asked_by_client() -> None:
    wire = Timeline(uefi().add(ev.TftpError, client=None, file="x", code=1, message="no").events)
    assert (
        len(wire.tftp.requests(CLIENT_MAC))
        == len(wire.tftp.completed(CLIENT_MAC))
        == len(wire.tftp.errors(CLIENT_MAC))
        == 1
    )
    assert len(wire.http.requests(from_mac=CLIENT_MAC)) == len(wire.http.responses(to=CLIENT_MAC)) == 3
    assert len(wire.http.completed(to=CLIENT_MAC)) == 3
    assert not wire.http.requests(from_mac=SERVER_MAC)
    assert not wire.tftp.requests(SERVER_MAC)


def test_raft_is_asked_by_cluster() -> None:
    made = Wire().raft(ev.RaftHeartbeat, 1, term=2).raft(ev.RaftVote, 9, term=7, port=2480, cluster="c2")
    made.raft(ev.RaftHeartbeat, 9, term=7, port=2480, cluster="c2")
    wire = Timeline(made.events).raft
    assert wire.on(2380).leaders_per_term() == {2: {1}}
    assert wire.on(2480).leaders_per_term() == {7: {9}}
    assert [leader.member for leader in wire.on(2480).leaders()] == [9]
    assert len(wire.messages()) == 3
    assert len(wire.messages(ev.RaftVote)) == 1


def test_gossip_is_asked_by_node() -> None:
    made = Wire()
    for node in ("a", "b"):
        made.add(ev.GossipAlive, port=1, node=node, incarnation=1, address="", node_port=1, tags=())
        made.add(ev.GossipSuspect, port=1, node=node, incarnation=1, accuser="c")
        made.add(ev.GossipDead, port=1, node=node, incarnation=1, accuser="c")
    wire = Timeline(made.events).gossip
    assert [event.frame for event in (*wire.alive("b"), *wire.suspects("b"), *wire.dead("b"))] == [4, 5, 6]
    assert len(wire.messages()) == 6


def test_encrypted_peers_are_named_so_that_nothing_is_concluded_from_silence() -> None:
    made = Wire().add(ev.TlsRecords, client=CLIENT_END, server=SERVER_END._replace(port=2380), expected="raft")
    made.add(ev.TlsRecords, client=CLIENT_END, server=SERVER_END, expected="http")
    made.raft(ev.RaftHeartbeat, 1)
    wire = Timeline(made.events)
    assert {str(end) for end in wire.raft.encrypted()} == {"192.168.100.1:2380"}
    assert wire.raft.on(2380).encrypted() == wire.raft.encrypted()
    assert wire.raft.on(2480).encrypted() == set()
    assert len(wire.raft.on(2380).messages()) == 1


def test_changes_of_the_membership_are_asked_by_cluster() -> None:
    fields: Fields = {"port": 2380, "cluster": "c1", "sender": 1, "receiver": 2, "term": 1, "index": 5}
    said: Fields = {"change": "ConfChangeAddNode", "member": 7, "name": "", "peer_urls": (), "promotes": False}
    wire = Timeline(Wire().add(ev.RaftMembershipChange, **fields, **said).events)
    assert [change.member for change in wire.raft.on(2380).membership_changes()] == [7]
    assert not wire.raft.on(2480).membership_changes()
