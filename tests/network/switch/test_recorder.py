from __future__ import annotations

from pathlib import Path

from harness.capture.reader import frames
from harness.network.switch import offload
from harness.network.switch.recorder import Recorder, kept


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


def test_of_a_frame_that_is_yet_to_be_segmented_the_head_is_kept_and_its_length(tmp_path: Path) -> None:
    assert kept(bytes(9_000)) == 9_000
    assert kept(bytes(60_000)) == 512
    recorder = Recorder.create(tmp_path / "links.pcapng")
    recorder.record(recorder.link("one"), offload.PLAIN + bytes(60_000), "in")
    recorder.close()
    (frame,) = frames(tmp_path / "links.pcapng")
    assert (len(frame.data), frame.length) == (512, 60_000)
