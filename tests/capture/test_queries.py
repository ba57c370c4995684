from __future__ import annotations

from harness.capture import events as ev
from harness.capture.timeline import Timeline
from tests.capture.build import CLIENT_MAC, SERVER_MAC
from tests.capture.make import Wire, uefi


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
