from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.capture import events as ev
from harness.capture.dissector import Ports
from harness.capture.files.pcapng import Writer
from harness.capture.frames import CaptureError
from harness.capture.timeline import FileTimeline, Timeline, read
from tests.capture.build import MILLISECOND, Connection, datagram
from tests.capture.make import SECOND, kinds, uefi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.capture.frames import Frame

DATA = Path(__file__).parent / "data"
SERF = DATA / "serf-0.9.4-node-death.pcap"
EXCHANGE = Connection().open().client(b"GET /x HTTP/1.1\r\n\r\n").server(b"HTTP/1.1 204 No Content\r\n\r\n")


def write(path: Path, frames: list[Frame]) -> Path:
    with Writer.create(path, ["segment"]) as writer:
        for frame in frames:
            writer.write(frame.data, frame.time)
    return path


def test_a_file_becomes_events_in_the_order_of_time(tmp_path: Path) -> None:
    frames = EXCHANGE.frames()
    wire = read(write(tmp_path / "wire.pcapng", frames))
    assert kinds(wire) == ["tcp-opened", "http-request", "http-response", "http-complete"]
    assert wire.events == Timeline.from_frames(frames).events
    assert len(wire) == 4
    assert wire.notes == ()


def test_nothing_is_decoded_before_it_is_asked_for() -> None:
    taken = []

    def frames() -> Iterator[Frame]:
        for frame in EXCHANGE.frames():
            taken.append(frame)
            yield frame

    wire = Timeline.from_frames(frames())
    assert not taken
    assert len(wire) == 4
    assert len(wire.events) == 4
    assert len(taken) == len(EXCHANGE.segments)


def test_a_file_that_is_no_capture_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "wire.pcapng"
    path.write_text("some text")
    with pytest.raises(CaptureError, match="byte 0: a file that starts with"):
        read(path)


def test_a_file_that_ends_within_a_frame_gives_the_rest_and_a_note(tmp_path: Path) -> None:
    path = write(tmp_path / "wire.pcapng", EXCHANGE.frames())
    path.write_bytes(path.read_bytes()[:-1])
    wire = read(path)
    assert kinds(wire) == ["tcp-opened", "http-request"]
    assert wire.notes[0].startswith(f"{path}: the last block, at byte ")


def test_a_file_that_is_damaged_gives_what_was_before_and_a_note(tmp_path: Path) -> None:
    path = write(tmp_path / "wire.pcapng", EXCHANGE.frames())
    path.write_bytes(path.read_bytes() + b"\x07" * 40)
    wire = read(path)
    assert len(wire) == 4
    assert wire.notes[0].endswith("expected a multiple of 4 from 12 to 16 MiB; nothing after that was read")


def test_a_bad_frame_becomes_an_event_and_hides_no_other() -> None:
    bad = datagram(b"nonsense", to=("192.168.100.1", 67))
    frames = EXCHANGE.frames()
    frames.insert(4, frames[3]._replace(data=bad, length=len(bad)))
    wire = Timeline.from_frames(frames)
    assert sorted(kinds(wire)) == ["http-complete", "http-request", "http-response", "tcp-opened", "undecodable"]
    assert [event.reason for event in wire.undecodable] == ["8 bytes without DHCP's cookie at byte 236"]


def test_events_are_asked_for_by_kind_and_by_fields() -> None:
    wire = Timeline(uefi().events)
    assert [event.target for event in wire.of(ev.HttpRequest)] == ["/boot.ipxe", "/vmlinuz", "/initrd.img"]
    assert [event.frame for event in wire.of(ev.HttpResponse, target="/vmlinuz")] == [15]
    first = wire.first(ev.TftpRequest)
    assert first is not None
    assert first.frame == 5
    assert wire.first(ev.DhcpNak) is None
    assert wire.in_order(ev.TftpRequest, ev.HttpRequest)


def test_a_timeline_is_narrowed_by_time_and_by_link() -> None:
    wire = Timeline(uefi().events)
    assert [event.time for event in wire.after(2 * SECOND).before(4 * SECOND)] == [2 * SECOND, 3 * SECOND]
    assert len(wire.on("segment")) == len(wire)
    assert len(wire.on("wan", "other")) == 0


def test_the_capture_may_be_classic_pcap(tmp_path: Path) -> None:
    path = tmp_path / "wire.pcap"
    shutil.copy(SERF, path)
    assert set(kinds(read(path))) == {"tcp-opened", "tcp-refused"}, "its ports are not gossip's own"
    assert MILLISECOND < SECOND


def test_a_question_about_one_protocol_decodes_a_file_for_that_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = read(DATA / "etcd-3.4.23-leader-kill.pcap", Ports(raft=frozenset({24801, 24802, 24803})))
    with monkeypatch.context() as patch:
        patch.setattr(FileTimeline, "events", None)
        asked = wire.raft.messages()
        assert wire.raft.messages() == asked
    assert list(asked) == [event for event in wire.events if isinstance(event, ev.RaftMessage)]
    assert len(asked) == 372
