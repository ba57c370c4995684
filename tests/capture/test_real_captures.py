"""The decoders on captures of real clusters, whose logs say what happened."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.capture.boot_chain import boot_chain, no_network_boot
from harness.capture.dissector import Ports
from harness.capture.events import (
    GossipAck,
    GossipDead,
    GossipPing,
    GossipPushPull,
    GossipSuspect,
    RaftAppend,
    RaftMessage,
    RaftVote,
    RaftVoteResponse,
    SerfMessage,
    SerfPushPull,
    TcpGap,
    TftpComplete,
    TftpError,
    TftpOptions,
    TftpRequest,
)
from harness.capture.files.reader import frames
from harness.capture.protocols import ethernet, ip, ipv4, memberlist, udp
from harness.capture.protocols.memberlist import MessageType
from harness.capture.timeline import Timeline, read

if TYPE_CHECKING:
    from harness.capture.frames import Frame

DATA = Path(__file__).parent / "data"
ETCD = DATA / "etcd-3.4.23-leader-kill.pcap"
SERF = DATA / "serf-0.9.4-node-death.pcap"
ETCD_PORTS = (24801, 24802, 24803)
SERF_PORTS = (27946, 27947, 27948)

OLD_LEADER, NEW_LEADER = 0x5CAE315174DE75B1, 0x71A84C8821A8935D


@pytest.fixture(scope="module")
def etcd() -> Timeline:
    return read(ETCD, Ports(raft=frozenset(ETCD_PORTS)))


@pytest.fixture(scope="module")
def serf() -> Timeline:
    return read(SERF, Ports(gossip=frozenset(SERF_PORTS)))


def test_every_raft_message_is_decoded(etcd: Timeline) -> None:
    assert len(etcd.of(RaftMessage)) == len([event for event in etcd if event.protocol == "raft"]) == 372
    assert etcd.undecodable == []
    assert etcd.notes == ()


def test_every_raft_message_names_both_members_of_one_cluster(etcd: Timeline) -> None:
    assert {event.cluster for event in etcd.of(RaftMessage)} == {"51ae4641d523c544"}
    members = Counter(event.sender for event in etcd.of(RaftMessage))
    assert len(members) == 3
    assert all(event.receiver in members and event.receiver != event.sender for event in etcd.of(RaftMessage))


def test_appends_of_a_connection_go_on_where_the_last_one_ended(etcd: Timeline) -> None:
    ends: dict[tuple[int, int | None, int | None], int] = {}
    for append in etcd.of(RaftAppend):
        assert [entry.index for entry in append.entries] == [
            append.index + place for place in range(1, len(append.entries) + 1)
        ]
        key = (append.term, append.sender, append.receiver)
        assert ends.get(key, append.index) == append.index
        ends[key] = append.index + len(append.entries)


def test_the_second_leader_is_elected_after_the_first_was_killed(etcd: Timeline) -> None:
    assert etcd.raft.leaders_per_term() == {2: {OLD_LEADER}, 3: {NEW_LEADER}}
    first, second = etcd.raft.leaders()
    assert (first.term, first.member, first.event.frame) == (2, OLD_LEADER, 111)
    assert (second.term, second.member, second.event.frame) == (3, NEW_LEADER, 852)
    assert etcd.raft.leader_elected(after=first.time + 1) == second
    assert str(second) == "member 71a84c8821a8935d leads term 3 (frame 852)"
    assert isinstance(second.event, RaftAppend)
    assert [(entry.term, entry.length) for entry in second.event.entries] == [(3, 0)]


def test_votes_were_granted_before_the_leader_led(etcd: Timeline) -> None:
    assert etcd.in_order(
        lambda event: isinstance(event, RaftVote) and event.term == 3,
        lambda event: isinstance(event, RaftVoteResponse) and event.term == 3 and not event.reject,
        lambda event: isinstance(event, RaftAppend) and event.term == 3,
    )


def test_every_gossip_packet_is_decoded() -> None:
    layers: Counter[MessageType] = Counter()
    packets = 0
    for frame in frames(SERF):
        packet = ipv4.parse(frame.data, ethernet.HEADER, frame.length)
        if packet.protocol == ip.UDP:
            packets += 1
            layers.update(memberlist.parse(udp.parse(frame.data, packet.start, packet.end).payload).layers)
    assert packets == 110
    assert layers == {MessageType.CRC: 44, MessageType.COMPRESS: 14, MessageType.COMPOUND: 31}


def test_a_node_is_suspected_and_then_declared_dead(serf: Timeline) -> None:
    assert serf.undecodable == []
    victims = {event.node for event in serf.gossip.dead()}
    assert len(victims) == 1
    (victim,) = victims
    assert serf.in_order(
        lambda event: isinstance(event, GossipPing) and event.node == victim,
        lambda event: isinstance(event, GossipSuspect) and event.node == victim,
        lambda event: isinstance(event, GossipDead) and event.node == victim and not event.left,
    )
    assert {event.type for event in serf.of(SerfMessage)} >= {"join"}


@pytest.mark.parametrize("name", [ETCD.name, SERF.name])
def test_a_capture_that_starts_and_ends_anywhere_makes_no_decoder_fail(name: str) -> None:
    every = list(frames(DATA / name))
    ports = Ports(raft=frozenset(ETCD_PORTS), gossip=frozenset(SERF_PORTS))
    for start in range(0, len(every), 197):
        part = Timeline.from_frames(every[start : start + 400], ports)
        assert not [event for event in part.undecodable if "the decoder failed" in event.reason]


def damaged(frame: Frame, chance: random.Random) -> Frame | None:
    """Cut a frame short, flip bits of it, leave it out, or leave it alone."""
    what = chance.randrange(10)
    data = bytearray(frame.data)
    if what == 0:
        return None
    if what == 1:
        del data[chance.randrange(len(data)) :]
    elif what == 2:
        for _ in range(chance.randrange(1, 5)):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return frame._replace(data=bytes(data))


@pytest.mark.parametrize("name", [ETCD.name, SERF.name, "pxe-uefi.pcapng"])
@pytest.mark.parametrize("seed", range(8))
def test_frames_that_are_cut_flipped_or_missing_make_no_decoder_fail(name: str, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same frames each time
    kept = [one for frame in frames(DATA / name) if (one := damaged(frame, chance)) is not None]
    part = Timeline.from_frames(kept, Ports(raft=frozenset(ETCD_PORTS), gossip=frozenset(SERF_PORTS)))
    assert len(part)
    assert not [event for event in part.undecodable if "the decoder failed" in event.reason]


@pytest.mark.parametrize("seed", range(4))
def test_what_raft_says_where_frames_are_missing_was_said(etcd: Timeline, seed: int) -> None:
    """A gap never makes a decoder invent a message."""
    chance = random.Random(seed)  # noqa: S311 - the same frames each time
    kept = [frame for frame in frames(ETCD) if chance.random() > 0.05]
    part = Timeline.from_frames(kept, Ports(raft=frozenset(ETCD_PORTS)))
    said = {_said(event) for event in etcd.of(RaftMessage)}
    seen = {_said(event) for event in part.of(RaftMessage)}
    assert 300 < len(part.of(RaftMessage)) < 372
    assert seen <= said
    assert part.of(TcpGap)


def _said(event: RaftMessage) -> tuple[object, ...]:
    return (event.kind, event.term, event.index, event.log_term, event.commit, event.reject, event.entries)


def test_gossip_over_tcp_tells_the_nodes(serf: Timeline) -> None:
    states = serf.of(GossipPushPull)
    assert [(one.join, [node.node for node in one.nodes]) for one in states] == [
        (True, ["n7"]),
        (True, ["n6"]),
        (True, ["n8"]),
        (True, ["n7", "n6"]),
    ]
    assert len(serf.of(SerfPushPull)) == 4
    assert all(ack.coordinate is not None for ack in serf.of(GossipAck))


def test_a_capture_that_starts_late_still_tells_every_message(etcd: Timeline) -> None:
    late = Timeline.from_frames(
        (frame for frame in frames(ETCD) if frame.number > 900), Ports(raft=frozenset(ETCD_PORTS))
    )
    assert late.undecodable == []
    assert len(late) == len([event for event in etcd if event.frame > 900]) > 100


# --- a machine under OVMF that boots from the network: tests/capture/data/README.md says how it was made ---

PXE = DATA / "pxe-uefi.pcapng"
PXE_MAC = "52:54:00:00:01:01"


@pytest.fixture(scope="module")
def pxe() -> Timeline:
    return read(PXE)


def test_the_chain_of_a_real_machine_is_proved(pxe: Timeline) -> None:
    chain = boot_chain(pxe.events, PXE_MAC, "uefi")
    assert chain, str(chain)
    assert len(chain.steps) == 21
    seconds = {name: chain.between("firmware-discover", name) for name in ("tftp-complete", "initrd-complete")}
    assert {name: found and round(found.total_seconds(), 3) for name, found in seconds.items()} == {
        "tftp-complete": 3.906,
        "initrd-complete": 22.234,
    }


def test_firmware_asks_for_the_size_first(pxe: Timeline) -> None:
    assert [type(event) for event in pxe.events if event.protocol == "tftp"] == [
        TftpRequest,
        TftpOptions,
        TftpError,
        TftpRequest,
        TftpOptions,
        TftpComplete,
    ]
    (complete,) = pxe.tftp.completed(by=PXE_MAC)
    assert (complete.octets, complete.missing) == (850528, 0)


def test_downloads_are_accounted_for_although_their_bulk_was_taken_out(pxe: Timeline) -> None:
    sizes = {event.target: (event.octets, event.whole) for event in pxe.http.completed(to=PXE_MAC)}
    assert sizes["/vmlinuz"] == (14186432, True)
    assert sizes["/initrd.img"] == (9876876, True)
    assert pxe.undecodable == []
    assert {event.carried for event in pxe.of(TcpGap)} == {"http"}


def test_that_machine_did_boot_from_the_network(pxe: Timeline) -> None:
    assert no_network_boot(pxe.events, PXE_MAC).valid is False


def test_bios_starts_with_the_ipxe_of_the_card_and_does_not_pass_for_uefi() -> None:
    wire = read(DATA / "pxe-bios.pcapng")
    chain = boot_chain(wire.events, PXE_MAC, "bios")
    assert chain, str(chain)
    assert len(chain.steps) == 15
    assert not wire.tftp.requests()
    missing = boot_chain(wire.events, PXE_MAC, "uefi").missing
    assert [step.name for step in missing] == [
        *("firmware-discover", "firmware-offer", "firmware-request", "firmware-ack"),
        *("tftp-request", "tftp-complete"),
    ]
