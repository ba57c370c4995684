from __future__ import annotations

from functools import cache

from harness.capture.decoding import Decoding
from harness.capture.dissector import Ports
from harness.capture.events import (
    Event,
    GossipAlive,
    GossipPushPull,
    Origin,
    RaftHeartbeat,
    RaftMembershipChange,
    TcpRefused,
)
from harness.incident.files.spoken_ports import Dialled
from harness.incident.inventory.shared_addresses import Homes, homes
from tests.incident.files.test_folder import CAPTURES

HERE = "127.0.0.1"
ETCD = Ports(raft=frozenset({24801, 24802, 24803}))
SERF = Ports(gossip=frozenset({27946, 27947, 27948}))


@cache
def heard(name: str, ports: Ports) -> list[Event]:
    with (CAPTURES / name).open("rb") as file:
        return list(Decoding(file, name, ports=ports))


def etcd() -> list[Event]:
    return heard("etcd-3.4.23-leader-kill.pcap", ETCD)


def serf() -> list[Event]:
    return heard("serf-0.9.4-node-death.pcap", SERF)


def test_members_at_one_address_get_one_each() -> None:
    found = homes([], etcd(), {HERE})
    assert {end: there for end, there in found.ends.items() if end[1] in ETCD.raft} == {
        (HERE, 24801): ("192.168.100.11", 2380),
        (HERE, 24802): ("192.168.100.12", 2380),
        (HERE, 24803): ("192.168.100.13", 2380),
    }
    assert found.names["192.168.100.12"] == "member-24802"
    assert "127.0.0.1:24802 is 192.168.100.12:2380" in found.notes[0]


def test_what_members_say_is_theirs_at_both_ends() -> None:
    found = homes([], etcd(), {HERE})
    beats = [found.event(one) for one in etcd() if isinstance(one, RaftHeartbeat)]
    assert {(one.src, one.dst) for one in beats} >= {
        ("192.168.100.12", "192.168.100.11"),
        ("192.168.100.12", "192.168.100.13"),
        ("192.168.100.13", "192.168.100.11"),
    }
    assert {one.port for one in beats} == {2380}


def test_whose_end_nobody_tells_stays_where_it_is() -> None:
    found = homes([], etcd(), {HERE})
    refused = [found.event(one) for one in etcd() if isinstance(one, TcpRefused) and one.server.port == 24802]
    assert {(str(one.server), str(one.client.address)) for one in refused} == {("192.168.100.12:2380", HERE)}


def test_who_dials_says_whose_end_it_is() -> None:
    own = (HERE, 24801)
    ends = homes([Dialled((HERE, 50000), (HERE, 24802), own), Dialled((HERE, 50001), own, None)], [], {HERE}).ends
    assert ends == {
        own: ("192.168.100.11", 2380),
        (HERE, 24802): ("192.168.100.12", 2380),
        (HERE, 50000): ("192.168.100.11", 50000),
    }


def test_an_end_that_two_claim_is_nobodys() -> None:
    twice = [Dialled((HERE, 50000), (HERE, 3), (HERE, port)) for port in (1, 2)]
    assert (HERE, 50000) not in homes(twice, [], ()).ends


def test_gossip_is_told_apart_and_says_so_itself() -> None:
    found = homes([], serf(), {HERE})
    told = [found.event(one) for one in serf()]
    named = {(one.node, one.address, one.node_port) for one in told if isinstance(one, GossipAlive)}
    named |= {
        (each.node, each.address, each.port) for one in told if isinstance(one, GossipPushPull) for each in one.nodes
    }
    assert named == {(f"n{at}", f"192.168.100.{at + 5}", 7946) for at in (6, 7, 8)}


def test_a_change_of_the_membership_has_the_members_new_place() -> None:
    beat = next(one for one in etcd() if isinstance(one, RaftHeartbeat))
    urls = ("http://127.0.0.1:24803", "http://db:2380", "unix://socket")
    origin = Origin(*(getattr(beat, name) for name in Origin._fields))
    said = {"sender": 1, "receiver": 2, "term": 3, "index": 4, "change": "ConfChangeAddNode", "member": 5, "name": "n3"}
    change = RaftMembershipChange(*origin, port=beat.port, cluster="", **said, peer_urls=urls, promotes=False)  # type: ignore[arg-type] # as above
    told = homes([], etcd(), ()).event(change)
    assert told.peer_urls == ("http://192.168.100.13:2380", *urls[1:])


def test_members_with_addresses_of_their_own_keep_them() -> None:
    one, other = ("10.0.0.1", 2380), ("10.0.0.2", 2380)
    assert homes([Dialled(("10.0.0.1", 50000), other, one)], [], {"10.0.0.1", "10.0.0.2"}) == Homes()


def test_one_member_that_talks_to_itself_is_one() -> None:
    assert homes([Dialled((HERE, 50000), (HERE, 2380), None)], [], ()) == Homes()


def test_a_subnet_in_which_somebody_is_stays_theirs() -> None:
    found = homes([], etcd(), {HERE, "192.168.100.7", "192.168.101.9", "::1", "52:54:00:00:00:01"})
    assert found.ends[HERE, 24801] == ("192.168.102.11", 2380)


def test_more_members_than_a_subnet_has_room_for_stay_together() -> None:
    many = [Dialled((HERE, 50000), (HERE, 1000 + at), None) for at in range(300)]
    found = homes(many, [], ())
    assert (found.ends, len(found.notes)) == ({}, 1)


TALKS = [("udp", HERE, one, other) for one in (1, 2, 3) for other in (1, 2, 3)]
CALLED = ("tcp", HERE, 50000, 2)


def test_gossip_that_cannot_be_read_shows_by_who_talks_to_whom() -> None:
    assert homes([], [], (), [*TALKS, CALLED]).ends.keys() == {(HERE, 1), (HERE, 2), (HERE, 3)}


def test_a_server_and_its_clients_are_no_members() -> None:
    served = [(kind, HERE, *ends) for kind in ("udp", "tcp") for at in (1, 2, 3) for ends in ((at, 53), (53, at))]
    assert homes([], [], (), served) == Homes()
    assert homes([], [], (), TALKS) == Homes()
    one_way = [one for one in TALKS if one[2] < one[3]]
    assert homes([], [], (), [*one_way, CALLED]) == Homes()
