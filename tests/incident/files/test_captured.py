from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.capture.frames import Frame
from harness.incident.files.captured import Captured, frames, reach
from harness.incident.files.columns import PacketColumns
from harness.incident.files.folder import Source
from harness.incident.files.packets import REACH, Packets
from harness.incident.files.reels import Reel
from harness.incident.unread import Unread
from tests.capture import build
from tests.incident.field import pcap, talk
from tests.incident.files.test_folder import CAPTURES


def read(path: Path) -> tuple[Captured, PacketColumns, list[Unread]]:
    packets, unread = PacketColumns(), list[Unread]()
    return Captured(Reel(path.name, (Source(path, path.name),)), packets, unread), packets, unread


def test_a_capture_is_read_once_for_all_that_it_tells() -> None:
    captured, packets, unread = read(CAPTURES / "etcd-3.4.23-leader-kill.pcap")
    assert len(packets) > 1000
    assert {one.protocol for one in captured.events} >= {"raft", "tcp", "http"}
    assert captured.stated.found
    assert dict(captured.marks.times())
    assert len(captured.sightings.crossings(captured.sightings)) > 1000
    assert unread == []


@pytest.mark.parametrize(
    "damage, why",
    [
        (lambda whole: whole[:-5], "cut off"),
        (lambda whole: whole[:40] + b"\xff" * 16 + whole[40:], "expected at most"),
        (lambda whole: whole[:20] + b"\x77\x07\x00\x00" + whole[24:], "link type"),
        (lambda whole: whole[:10], "10 bytes"),
    ],
)
def test_a_damaged_capture_gives_what_comes_before_the_damage(tmp_path: Path, damage: object, why: str) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(damage(pcap(talk("10.0.0.1", "10.0.0.2"))))  # type: ignore[operator]
    _, packets, unread = read(path)
    assert len(packets) < 4
    assert len(unread) == 1
    assert why in str(unread[0])


@pytest.mark.parametrize("link_type, cooked", [(113, bytes((0, 0, 0, 1, 0, 6)) + bytes(8)), (276, b"")])
def test_cooked_captures_are_read(tmp_path: Path, link_type: int, cooked: bytes) -> None:
    plain = talk("10.0.0.1", "10.0.0.2")
    if link_type == 276:
        cooked = bytes.fromhex("08000000000000020001000600000000000000000000"[:40])
        packed = [one._replace(data=cooked + one.data[14:], length=len(one.data) + 6) for one in plain]
    else:
        packed = [one._replace(data=cooked + one.data[12:], length=len(one.data) + 2) for one in plain]
    path = tmp_path / "any.pcap"
    path.write_bytes(pcap(packed, link_type))
    _, packets, unread = read(path)
    assert [(one.src, one.dst, one.src_mac) for one in packets][:2] == [
        ("10.0.0.1", "10.0.0.2", ""),
        ("10.0.0.2", "10.0.0.1", ""),
    ]
    (tmp_path / "eth.pcap").write_bytes(pcap(plain))
    _, same, _ = read(tmp_path / "eth.pcap")
    assert [one.identity for one in packets] == [one.identity for one in same]
    assert unread == []


def test_of_captures_with_different_snap_lengths_what_both_keep_counts(tmp_path: Path) -> None:
    data = build.datagram(bytes(range(200)))
    whole = Frame(1, 0, "eth0", data, len(data))
    snapped = [whole._replace(data=data[:at]) for at in (300, 96)]
    sources = []
    for number, frame in enumerate(snapped):
        (tmp_path / f"{number}.pcap").write_bytes(pcap([frame]))
        sources.append(Source(tmp_path / f"{number}.pcap", f"{number}.pcap"))
    assert [reach(sources[:1]), reach(sources), reach([])] == [REACH, 96 - 66, REACH]
    identities = {Packets("a.pcap", reach(sources)).of(one).identity for one in snapped}
    assert len(identities) == 1
    assert len({Packets("a.pcap").of(one).identity for one in snapped}) == 2


def test_what_a_harness_noted_is_no_evidence() -> None:
    source = CAPTURES / "etcd-3.4.23-follower-cut.pcapng"
    assert all(one.link != "harness" for one in frames(Source(source, source.name), []))


def test_a_file_that_is_gone_meanwhile_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    shutil.copy(CAPTURES / "qinq.pcap", path)
    source = Source(path, path.name)
    path.unlink()
    unread: list[Unread] = []
    assert list(frames(source, unread)) == []
    assert "No such file" in str(unread[0])
