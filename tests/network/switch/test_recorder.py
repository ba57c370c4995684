from __future__ import annotations

import os
import select
import time
from pathlib import Path

from harness.capture.files.reader import frames
from harness.capture.notes import LINK, Note
from harness.network.switch import offload
from harness.network.switch.recorder import IDLE, LIVE, Recorder


def test_frames_are_recorded_by_link_without_their_offload_header(tmp_path: Path) -> None:
    recorder = Recorder.create(tmp_path / "links.pcapng")
    assert not recorder.dirty
    one, other = recorder.link("one"), recorder.link("other")
    assert recorder.link("one") == one, "a link that comes again keeps its number"
    recorder.record(one, offload.PLAIN + b"a" * 60, "in")
    recorder.record(other, offload.PLAIN + b"b" * 70, "in")
    assert recorder.dirty
    recorder.flush()
    assert not recorder.dirty
    assert [(f.link, bytes(f.data)) for f in frames(tmp_path / "links.pcapng")] == [
        ("one", b"a" * 60),
        ("other", b"b" * 70),
    ]
    recorder.close()


def test_a_frame_that_is_yet_to_be_segmented_is_kept_whole(tmp_path: Path) -> None:
    recorder = Recorder.create(tmp_path / "links.pcapng")
    recorder.record(recorder.link("one"), offload.PLAIN + bytes(60_000), "in")
    recorder.close()
    (frame,) = frames(tmp_path / "links.pcapng")
    assert (len(frame.data), frame.length) == (60_000, 60_000)


def test_a_note_is_between_the_frames_with_a_comment(tmp_path: Path) -> None:
    recorder = Recorder.create(tmp_path / "links.pcapng")
    recorder.record(recorder.link("one"), offload.PLAIN + bytes(60), "in")
    recorder.note(Note("cut", ("one",), "up"))
    recorder.record(recorder.link("one"), offload.PLAIN + bytes(60), "out")
    recorder.close()
    assert [(f.link, f.direction, f.comment) for f in frames(tmp_path / "links.pcapng")] == [
        ("one", "in", None),
        (LINK, None, "harness: cut one: up"),
        ("one", "out", None),
    ]


def test_the_file_is_brought_up_to_date_soon_where_somebody_reads_along_and_late_otherwise(tmp_path: Path) -> None:
    recorder = Recorder.create(tmp_path / "links.pcapng")
    link, counter = recorder.link("one"), os.eventfd(0)
    now = time.monotonic()
    assert recorder.patience(now) is None
    recorder.record(link, offload.PLAIN + bytes(60), "in")
    assert recorder.patience(now) == IDLE
    recorder.keep_up(now + IDLE / 2)
    assert recorder.dirty, "nobody reads along"
    recorder.keep_up(now + 9)
    assert not recorder.dirty
    recorder.record(link, offload.PLAIN + bytes(60), "in")
    recorder.wake(counter)
    waits = recorder.patience(time.monotonic())
    assert waits is not None
    assert waits <= LIVE
    recorder.keep_up(now + 9)
    assert not recorder.dirty
    while len(list(frames(tmp_path / "links.pcapng"))) < 2:  # there may be word of the first one, too
        assert select.select([counter], [], [], 5)[0]
        os.eventfd_read(counter)
    recorder.close()
    os.close(counter)
