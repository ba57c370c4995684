from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from harness.capture import events as ev
from harness.capture.dissector import Ports
from harness.capture.events import Event, RaftEntry
from harness.capture.invariants import Invariants, invariants, owners, segments
from harness.capture.timeline import read
from harness.checks.verdict import Verdict
from harness.topology.loader import load
from harness.topology.model import Topology
from tests.capture.make import Wire

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests/capture/data"
OTHER = "52:54:00:00:09:09"
RAFT = (
    "one leader per term",
    "same entry, same content",
    "committed entries stay",
    "terms never go back",
    "commits never go back",
    "heartbeat cadence",
)


@pytest.fixture(scope="module")
def t036() -> Topology:
    return load(ROOT / "scenarios/topologies/t036.yaml")


def by_name(verdicts: list[Verdict]) -> dict[str, bool | None]:
    return {verdict.name: verdict.valid for verdict in verdicts}


def streamed(events: list[Event]) -> list[Event]:
    """Give events the addresses of a stream, which comes from the member that was dialled."""
    return [replace(one, src="10.0.0.1", src_port=2380, dst="10.0.0.2", dst_port=50000) for one in events]


def entry(index: int, term: int, digest: bytes = b"a") -> RaftEntry:
    return RaftEntry(term, index, 0, 1, digest)


def test_a_real_election_breaks_nothing(t036: Topology) -> None:
    wire = read(DATA / "etcd-3.4.23-leader-kill.pcap", Ports(raft=frozenset({24801, 24802, 24803})))
    found = by_name(invariants(wire, t036))
    assert [found[name] for name in RAFT] == [True] * len(RAFT)


@pytest.mark.parametrize("file", ["pxe-uefi.pcapng", "pxe-bios.pcapng"])
def test_a_real_network_boot_has_one_server_and_one_owner_for_each_address(file: str, t036: Topology) -> None:
    found = by_name(invariants(read(DATA / file), t036))
    assert found["one DHCP server per segment"] is True
    assert found["one owner per address"] is True
    assert [found[name] for name in RAFT] == [None] * len(RAFT)


@pytest.mark.parametrize(
    "name,wire",
    [
        (RAFT[0], Wire().raft(ev.RaftHeartbeat, 1, term=2).raft(ev.RaftAppend, 3, term=2)),
        (
            RAFT[1],
            Wire()
            .raft(ev.RaftAppend, 1, term=2, entries=(entry(5, 2),))
            .raft(ev.RaftAppend, 1, term=2, entries=(entry(5, 2, b"b"),)),
        ),
        (
            RAFT[2],
            Wire()
            .raft(ev.RaftAppend, 1, term=2, entries=(entry(5, 2),))
            .raft(ev.RaftHeartbeat, 1, term=2, commit=5)
            .raft(ev.RaftAppend, 3, term=3, entries=(entry(5, 3),)),
        ),
        (RAFT[3], Wire().raft(ev.RaftVoteResponse, 3, term=4).raft(ev.RaftHeartbeatResponse, 3, term=2)),
        (
            RAFT[4],
            Wire().raft(ev.RaftHeartbeat, 1, term=2, commit=7).raft(ev.RaftHeartbeat, 1, term=2, commit=5),
        ),
    ],
)
def test_a_planted_violation_of_raft_is_found_and_no_other(name: str, wire: Wire, t036: Topology) -> None:
    found = by_name(invariants(streamed(wire.events), t036))
    assert [broken for broken, valid in found.items() if valid is False] == [name]


def test_heartbeats_once_a_second_are_too_few(t036: Topology) -> None:
    wire = Wire()
    for _ in range(30):
        wire.raft(ev.RaftHeartbeat, 1, term=2)
    found = {verdict.name: verdict for verdict in invariants(wire.events, t036)}
    assert found["heartbeat cadence"].because.startswith("the usual gap of 29 is 1000 ms, 100 ms are configured")


def test_what_is_no_violation(t036: Topology) -> None:
    wire = Wire().raft(ev.RaftPreVote, 3, term=9).raft(ev.RaftVote, 3, term=4)
    wire.raft(ev.RaftAppend, 1, term=5, commit=9).raft(ev.RaftHeartbeat, 1, term=5, commit=3)
    wire.raft(ev.RaftHeartbeat, 9, term=5, cluster="c2", port=2480)
    assert False not in by_name(invariants(streamed(wire.events), t036)).values()


def test_posts_overtake_each_other(t036: Topology) -> None:
    wire = Wire().raft(ev.RaftAppend, 1, term=5, commit=9).raft(ev.RaftAppend, 1, term=5, commit=3)
    wire.raft(ev.RaftVoteResponse, 3, term=4).raft(ev.RaftHeartbeatResponse, 3, term=2)
    assert False not in by_name(invariants(wire.events, t036)).values()


def test_encrypted_peers_are_unknown_and_say_so(t036: Topology) -> None:
    by_port = {verdict.name: verdict for verdict in invariants([], t036, encrypted=[2380])}
    assert by_port[RAFT[0]].because == "peers on port 2380 speak TLS, so their messages can't be read"
    assert t036.stack is not None
    stack = t036.stack.model_copy(update={"raft": t036.stack.raft.model_copy(update={"peer_tls": True})})
    secret = t036.model_copy(update={"stack": stack})
    wire = Wire().raft(ev.RaftHeartbeat, 1, term=2)
    found = by_name(invariants(wire.events, secret))
    assert [found[name] for name in RAFT] == [None] * len(RAFT)


def test_what_was_not_captured_makes_it_unknown(t036: Topology) -> None:
    wire = Wire().raft(ev.RaftHeartbeat, 1, term=2).add(ev.Undecodable, expected="raft", reason="a hole")
    (leaders, *_) = invariants(wire.events, t036)
    assert leaders.valid is None
    assert leaders.because.endswith("but a part of the traffic was not captured (holes: 1)")


def test_a_second_dhcp_server_is_found_but_not_one_that_only_boots(t036: Topology) -> None:
    first, boots, second = Wire().dhcp(ev.DhcpOffer).dhcp(ev.DhcpOffer, address=None).dhcp(ev.DhcpOffer).events
    boots, second = replace(boots, sent_by=OTHER), replace(second, sent_by=OTHER)
    assert by_name(invariants([first, boots], t036))["one DHCP server per segment"] is True
    assert by_name(invariants([first, boots, second], t036))["one DHCP server per segment"] is False


def test_an_address_of_another_card_is_found(t036: Topology) -> None:
    address = IPv4Address("192.168.100.11")
    assert owners(t036)[str(address)] == "52:54:00:00:01:01"
    probe = Wire().add(ev.ArpRequest, by=OTHER, sender=IPv4Address(0), target=address)
    assert by_name(invariants(probe.events, t036))["one owner per address"] is None
    claim = probe.add(ev.ArpReply, by=OTHER, sender=address, target=address)
    assert by_name(invariants(claim.events, t036))["one owner per address"] is False


def test_verdicts_are_there_at_any_time(t036: Topology) -> None:
    every = Invariants(t036)
    first, second = Wire().raft(ev.RaftHeartbeat, 1, term=2).raft(ev.RaftHeartbeat, 3, term=2).events
    every.feed(first)
    assert every.verdicts()[0].valid is True
    every.feed(second)
    assert every.verdicts()[0].valid is False


def test_frames_are_in_the_vlan_of_their_tag_or_link() -> None:
    topology = load(ROOT / "scenarios/topologies/photoncloud.yaml")
    known = segments(topology)
    tagged = next(vlan for vlan in topology.vlans if vlan.id is not None)
    wire = Wire().raft(ev.RaftHeartbeat, 1).events[0]
    assert known.by_tag[tagged.id or 0] == tagged.name
    assert known.of(wire) == "segment"
