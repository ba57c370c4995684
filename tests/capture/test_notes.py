from __future__ import annotations

import contextlib
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture import notes
from harness.capture.events import HarnessEvent
from harness.capture.files.pcapng import Writer
from harness.capture.notes import LINK, LONGEST_COMMENT, Note
from harness.capture.protocols.malformed import Malformed
from harness.capture.timeline import read
from tests.capture.build import CLIENT_MAC, datagram

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
several = st.builds(Note, words, st.lists(words).map(tuple), words, st.none() | st.integers(1, 2**63))


def payload(note: Note) -> bytes:
    return notes.frame_of(note)[14:]


@given(several, st.binary(max_size=3).map(lambda some: bytes(len(some))))
def test_a_note_is_read_as_it_was_written_also_behind_padding(note: Note, padding: bytes) -> None:
    assert notes.parse(payload(note) + padding) == note


@given(st.binary())
def test_any_octets_are_a_note_or_malformed(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert isinstance(notes.parse(data), Note)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"1", b'{"who": ["a"]}', b'{"what": "a", "who": "b"}', b"[" * 9999])
def test_what_says_nothing_is_malformed(text: bytes) -> None:
    with pytest.raises(Malformed):
        notes.parse(text)


def test_a_note_reads_well_and_a_long_one_is_shortened_for_people_only() -> None:
    note = Note("cut", ("node01/eth0", "node02/eth0"), "up, down")
    assert notes.comment_of(note) == "harness: cut node01/eth0, node02/eth0: up, down"
    assert str(Note("flushed")) == "flushed"
    long = Note("deafen", tuple(f"node{number}" for number in range(9999)))
    assert len(notes.comment_of(long)) == LONGEST_COMMENT
    assert notes.parse(payload(long)) == long


def test_only_a_frame_of_the_harness_s_own_link_is_a_note() -> None:
    frame = notes.frame_of(Note("cut"))
    assert notes.is_note(LINK, frame)
    assert not notes.is_note("node01/eth0", frame)
    assert not notes.is_note(LINK, datagram(b""))


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "wire.pcapng"
    note = Note("cut", ("node01/eth0",), "up, down, and its carrier")
    with Writer.create(path, ["node01/eth0"]) as writer:
        writer.write(datagram(b"before"), 1_700_000_000_000_000_000, direction="in")
        here = writer.add_interface(LINK)
        writer.write(notes.frame_of(note), 1_700_000_001_000_000_000, here, comment=notes.comment_of(note))
        writer.write(datagram(b"after"), 1_700_000_002_000_000_000, direction="in")
    return path


def test_our_reader_gives_an_event_back_in_its_place(capture: Path) -> None:
    (event,) = read(capture).of(HarnessEvent, what="cut", who=("node01/eth0",))
    assert (event.frame, event.time, event.link) == (2, 1_700_000_001_000_000_000, LINK)
    assert event.details == "up, down, and its carrier"


@pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark: apt install tshark")
def test_wireshark_shows_it_between_the_frames_as_a_comment_and_finds_nothing_wrong(capture: Path) -> None:
    columns = ["frame.number", "frame.interface_name", "eth.src", "frame.comment", "_ws.malformed", "_ws.expert"]
    command = ["tshark", "-r", str(capture), "-T", "fields", *(word for name in columns for word in ("-e", name))]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    rows = [line.split("\t") for line in shown.splitlines()]
    assert [row[:4] for row in rows] == [
        ["1", "node01/eth0", CLIENT_MAC, ""],
        ["2", LINK, "00:00:00:00:00:00", "harness: cut node01/eth0: up, down, and its carrier"],
        ["3", "node01/eth0", CLIENT_MAC, ""],
    ]
    assert rows[1][4] == ""
